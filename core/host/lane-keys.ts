import type { Event } from "../events/event.js";
import { Recent } from "../events/recent.js";
import type { Status } from "../mastodon/entities.js";

/** So many answers are remembered with the conversation that they belong to. */
const rememberedAnswers = 5_000;

/**
 * Says in which lanes an event goes: its person's and its conversation's; a clock's ticks have one of their own.
 * Servers do not name conversations: they are followed from answer to answer, as far as the posts came by here.
 */
export class LaneKeys {
  readonly #beginnings = new Recent<string>(rememberedAnswers);

  of(event: Event): string[] {
    switch (event.kind) {
      case "notification": {
        const { account, status } = event.notification;
        // What others do with a post, such as boosting it, is no part of the conversation.
        const isTheirs = status !== undefined && status !== null && status.account.id === account.id;
        return isTheirs ? [`person ${account.id}`, this.#conversation(status)] : [`person ${account.id}`];
      }
      case "status":
      case "edited":
        return [`person ${event.status.account.id}`, this.#conversation(event.status)];
      case "deleted":
        return [`post ${event.statusId}`];
      case "tick":
        return [`clock ${event.name}`];
    }
  }

  #conversation({ id, in_reply_to_id: answered }: Status): string {
    // One that answers nothing begins a conversation, as every post does that is not known.
    if (answered === null || answered === undefined) return `conversation ${id}`;
    const beginning = this.#beginnings.get(answered) ?? answered;
    this.#beginnings.set(id, beginning);
    return `conversation ${beginning}`;
  }
}
