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

  /** Has to be shown each event, in order: others may answer it. */
  remember(event: Event): void {
    const post = postIn(event);
    if (post !== undefined) this.#conversation(post);
  }

  of(event: Event): string[] {
    switch (event.kind) {
      case "notification":
        return this.#byPerson(event.notification.account.id, postIn(event));
      case "status":
      case "edited":
        return this.#byPerson(event.status.account.id, postIn(event));
      case "deleted":
        return [`post ${event.statusId}`];
      case "tick":
        return [`clock ${event.name}`];
    }
  }

  #byPerson(id: string, post: Status | undefined): string[] {
    return post === undefined ? [`person ${id}`] : [`person ${id}`, `conversation ${this.#conversation(post)}`];
  }

  /** Named after its first post, as far as that is known. */
  #conversation({ id, in_reply_to_id: answered }: Status): string {
    // One that answers nothing begins a conversation, as every post does that is not known.
    if (answered === null || answered === undefined) return id;
    const beginning = this.#beginnings.get(answered) ?? answered;
    this.#beginnings.set(id, beginning);
    return beginning;
  }
}

/** The post that its own author is behind the event with. */
function postIn(event: Event): Status | undefined {
  if (event.kind === "status" || event.kind === "edited") return event.status;
  if (event.kind !== "notification") return undefined;
  const { account, status } = event.notification;
  // What others do with a post, such as boosting it, is no part of the conversation.
  return status?.account.id === account.id ? status : undefined;
}
