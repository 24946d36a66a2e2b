import { setTimeout as sleep } from "node:timers/promises";
import { NotReadyError } from "../errors.js";
import type { Stream, Subscription } from "../mastodon/stream.js";
import type { ServerEvent } from "./event.js";
import { listen, type Hearing, type ListenOptions } from "./listen.js";
import { isSameStream, isStreamOf } from "./subscriptions.js";

/** An account that hears of public timelines through its server's shared stream. */
export interface Member extends Pick<ListenOptions, "accessToken" | "catchUp" | "onHearing" | "onRefused"> {
  readonly subscriptions: readonly Subscription[];
  /** Ends the membership. */
  readonly signal: AbortSignal;
  onEvent(event: ServerEvent): void;
}

/** How sockets are held, and whom they tell of trouble. */
type SharedOptions = Pick<ListenOptions, "userAgent" | "log" | "timing" | "gate">;

const againMs = 10_000;
/** Accounts that catch up at the same time after a gap. */
const catchUpsAtOnce = 4;

/** Public timelines, one socket per server for all accounts of this process. */
export class SharedStreams {
  readonly #servers = new Map<string, SharedStream>();

  /** Takes part in the stream of the server (its origin, and the base of its streaming API) until the member's signal aborts. */
  join(server: string, base: string, member: Member, options: SharedOptions): void {
    if (member.signal.aborted || member.subscriptions.length === 0) return;
    const stream = this.#servers.get(server) ?? new SharedStream(base, options, () => this.#servers.delete(server));
    this.#servers.set(server, stream);
    stream.join(member);
  }
}

/** The socket of one server. It goes by the token of one member; when that one leaves, by another's. */
class SharedStream {
  readonly #base: string;
  readonly #options: SharedOptions;
  readonly #onEmpty: () => void;
  readonly #members = new Set<Member>();
  readonly #stop = new AbortController();
  #leader: Member | undefined;
  #socket: Stream | undefined;
  #hearing: Hearing = { mode: "streaming", connected: false };
  #isRunning = false;

  constructor(base: string, options: SharedOptions, onEmpty: () => void) {
    this.#base = base;
    this.#options = options;
    this.#onEmpty = onEmpty;
  }

  join(member: Member): void {
    const before = this.#wanted();
    this.#members.add(member);
    member.signal.addEventListener("abort", () => this.#leave(member), { once: true });
    member.onHearing(this.#hearing);
    if (!this.#isRunning) return void this.#run();
    for (const subscription of member.subscriptions) {
      if (!before.some((other) => isSameStream(other, subscription))) this.#socket?.subscribe(subscription);
    }
    // What an open socket brought before it joined is a gap for this one.
    if (this.#hearing.connected) void this.#catchUpOf(member, true);
  }

  #leave(member: Member): void {
    this.#members.delete(member);
    if (this.#members.size === 0) {
      this.#stop.abort();
      return this.#onEmpty();
    }
    const after = this.#wanted();
    for (const subscription of member.subscriptions) {
      if (!after.some((other) => isSameStream(other, subscription))) this.#socket?.unsubscribe(subscription);
    }
    if (this.#leader === member) void this.#socket?.close();
  }

  #wanted(): Subscription[] {
    const wanted: Subscription[] = [];
    for (const subscription of [...this.#members].flatMap(({ subscriptions }) => subscriptions)) {
      if (!wanted.some((other) => isSameStream(other, subscription))) wanted.push(subscription);
    }
    return wanted;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#listen(signal);
      } catch (error) {
        if (!signal.aborted) this.#options.log.warn({ err: error }, "the shared stream cannot be opened");
        await sleep(againMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #listen(signal: AbortSignal): Promise<void> {
    return listen({
      ...this.#options,
      info: { streaming: this.#base },
      subscriptions: () => this.#wanted(),
      signal,
      accessToken: () => this.#token(),
      onSocket: (socket) => void (this.#socket = socket),
      onEvent: (event, streams) => {
        for (const member of this.#members) {
          if (member.subscriptions.some((subscription) => isStreamOf(subscription, streams))) member.onEvent(event);
        }
      },
      onHearing: (hearing) => {
        this.#hearing = hearing;
        for (const member of this.#members) member.onHearing(hearing);
      },
      catchUp: (isAfterGap) => this.#catchUp(isAfterGap),
      onRefused: () => this.#refused(),
    });
  }

  /** Of the member whose turn it is, or of the next one that can act. */
  #token(): string {
    const { signal } = this.#stop;
    for (const member of [this.#leader, ...this.#members]) {
      if (signal.aborted || member === undefined || !this.#members.has(member)) continue;
      try {
        const token = member.accessToken();
        this.#leader = member;
        return token;
      } catch {
        // It cannot act at the moment; another one may.
      }
    }
    throw new NotReadyError("no account that listens to this server's timelines can act at the moment");
  }

  /** The token that was refused is its account's affair; the socket goes on with another's, where there is one. */
  #refused(): void {
    const refused = this.#leader;
    if (refused === undefined) return;
    const [next] = [...this.#members].filter((member) => member !== refused);
    this.#leader = next ?? refused;
    void refused.onRefused();
  }

  async #catchUp(isAfterGap: boolean): Promise<boolean> {
    const waiting = [...this.#members];
    const isActive: boolean[] = [];
    const work = async () => {
      for (let member = waiting.pop(); member !== undefined; member = waiting.pop()) {
        isActive.push(await this.#catchUpOf(member, isAfterGap));
      }
    };
    await Promise.all(Array.from({ length: catchUpsAtOnce }, work));
    return isActive.includes(true);
  }

  /** One that cannot catch up holds up no other: its next catch-up comes with the next of all. */
  async #catchUpOf(member: Member, isAfterGap: boolean): Promise<boolean> {
    try {
      return await member.catchUp(isAfterGap);
    } catch (error) {
      if (!member.signal.aborted) this.#options.log.warn({ err: error }, "catching up with a timeline failed");
      return false;
    }
  }
}
