import type { Redis } from "ioredis";
import { auditFields, auditKey, auditLength, type AuditLine } from "../client/audit.js";
import { LuaScript } from "../client/lua-script.js";
import type { Event, TimelineName } from "../events/event.js";
import type { Keys } from "../store/keys.js";
import type { Keyring } from "../store/seal.js";
import { restAfter, type PlaceOf } from "../store/sealed-spot.js";

/** Posts of a timeline that a rider is known to have had: more than a catch-up reads. */
const rememberedPosts = 2_000;
const acknowledgedMs = 30 * 24 * 60 * 60 * 1_000;

/** Carries out all commands in one step, or none where the account has changed owner. */
const commitScript = new LuaScript(`
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
for index = 2, #ARGV do redis.call(unpack(cjson.decode(ARGV[index]))) end
return 1`);

type Command = readonly [name: string, key: string, ...rest: (string | number)[]];

/** An event that waits for its rider's next attempt, or that no attempt brought to an end. */
export interface DueRecord {
  readonly invocation: string;
  readonly rider: string;
  readonly event: Event;
  /** Attempts that failed so far; waiting is none. */
  readonly attempts: number;
  /** How often in a row it had to wait. */
  readonly waits: number;
  /** In milliseconds since the epoch. */
  readonly notBefore: number;
  /** Why it is here; empty for a tick that just came due. */
  readonly reason: string;
}

/** Changes to a rider's state: undefined deletes. */
export type StateChanges = ReadonlyMap<string, unknown>;

/** What is stored together with the end of an invocation. */
export interface Progress {
  readonly invocation: string;
  readonly rider: string;
  /** What it was about, where that was a post of a timeline: it is remembered, so that no catch-up brings it again. */
  readonly post?: PostOfTimeline | undefined;
  /** Of the rider in the notifications, or in the timeline of the post; undefined where the event has none. */
  readonly cursor: string | undefined;
  /** Of who stores it: an owner of the past stores nothing. */
  readonly epoch: number;
}

/** A post where a rider meets it. */
export interface PostOfTimeline {
  readonly timeline: TimelineName;
  readonly id: string;
}

/** A rider's place: in the notifications, or in a timeline. */
export interface StoredPlace extends Pick<Progress, "rider" | "cursor" | "epoch"> {
  readonly timeline?: TimelineName | undefined;
}

/** What is known of an invocation. `new`: nothing. */
export type Whereabouts = "new" | "due" | "failed" | "acknowledged";

/** What a rider has done so far. */
export interface Counts {
  readonly handled: number;
  readonly failed: number;
}

/**
 * What an account's events leave in Redis: due list, acknowledgements, cursors, riders' state. What belongs together
 * is stored in one step, by the account's owner only. Events and state are sealed: they hold private messages.
 */
export class DeliveryStore {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #keyring: Keyring;
  readonly #account: string;

  constructor(redis: Redis, keys: Keys, keyring: Keyring, account: string) {
    this.#redis = redis;
    this.#keys = keys;
    this.#keyring = keyring;
    this.#account = account;
  }

  async due(): Promise<DueRecord[]> {
    const rows = await this.#redis.hgetall(this.#key("due"));
    return Object.values(rows).map((text) => this.#unseal(text));
  }

  /** Puts an event on the due list; one that is there already stays as it is. */
  async putDue(record: DueRecord): Promise<void> {
    await this.#redis.hsetnx(this.#key("due"), record.invocation, this.#sealed(record));
  }

  async dropDue(invocations: readonly string[]): Promise<void> {
    await this.#redis.hdel(this.#key("due"), ...invocations);
  }

  /** The invocations on the due list. */
  async dueInvocations(): Promise<string[]> {
    return this.#redis.hkeys(this.#key("due"));
  }

  async whereabouts({
    invocation,
    post,
    rider,
  }: Pick<Progress, "invocation" | "post" | "rider">): Promise<Whereabouts> {
    const [isAcknowledged, isDue, isFailed] = await Promise.all([
      post === undefined
        ? this.#redis.exists(this.#key("acknowledged", invocation))
        : this.knownPosts(rider, post.timeline, [post.id]).then(({ size }) => size),
      this.#redis.hexists(this.#key("due"), invocation),
      this.#redis.hexists(this.#key("failed"), invocation),
    ]);
    // A post on one of the lists is remembered too.
    if (isDue === 1) return "due";
    if (isFailed === 1) return "failed";
    return isAcknowledged === 1 ? "acknowledged" : "new";
  }

  /** Those of the posts of a timeline that the rider has had, or that wait for it on a list. */
  async knownPosts(rider: string, timeline: TimelineName, ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const scores = await this.#redis.zmscore(this.#key("posts", rider, timeline), ...ids);
    return new Set(ids.filter((_, index) => typeof scores[index] === "string"));
  }

  /** The invocation is done: its state, its place and its mark are stored, or nothing is. */
  async acknowledge(progress: Progress, changes: StateChanges): Promise<boolean> {
    const { invocation, rider } = progress;
    const state = this.#key("state", rider);
    return this.#commit(progress, [
      ["HINCRBY", this.#key("counts"), `${rider} handled`, 1],
      ...[...changes].map(([name, value]): Command => {
        if (value === undefined) return ["HDEL", state, name];
        return ["HSET", state, name, this.#keyring.seal(JSON.stringify(value), this.#statePlace(rider, name))];
      }),
      ["HDEL", this.#key("due"), invocation],
      ...this.#ended(progress),
    ]);
  }

  /** Nothing is left to do for the invocation here: it leaves the due list, and its place is stored. */
  async passOver(progress: Progress): Promise<boolean> {
    return this.#commit(progress, [["HDEL", this.#key("due"), progress.invocation]]);
  }

  /** The invocation is not handled on purpose: it counts as done, and the audit says why. */
  async skip(progress: Progress, reason: string): Promise<boolean> {
    const { invocation, rider } = progress;
    return this.#commit(progress, [
      ["HDEL", this.#key("due"), invocation],
      ...this.#ended(progress),
      this.#auditing({ rider, invocation, outcome: "skipped", reason }),
    ]);
  }

  /** Writes a line of the audit that belongs to no invocation. False: the account has changed owner. */
  async audit(line: AuditLine, epoch: number): Promise<boolean> {
    return this.#commit({ rider: line.rider, cursor: undefined, epoch }, [this.#auditing(line)]);
  }

  /** The invocation has to wait or be tried again: that is stored first, then its place. */
  async postpone(progress: Progress, record: DueRecord): Promise<boolean> {
    const command: Command = ["HSET", this.#key("due"), record.invocation, this.#sealed(record)];
    return this.#commit(progress, [command, ...this.#remembering(progress)]);
  }

  /** No attempt brought it to an end: it is kept for a human. */
  async giveUp(progress: Progress, record: DueRecord): Promise<boolean> {
    return this.#commit(progress, [
      ["HDEL", this.#key("due"), record.invocation],
      ["HSET", this.#key("failed"), record.invocation, this.#sealed(record)],
      ["HINCRBY", this.#key("counts"), `${progress.rider} failed`, 1],
      ...this.#remembering(progress),
    ]);
  }

  /** Stores a rider's place. */
  async setCursor(place: StoredPlace): Promise<boolean> {
    return this.#commit(place, []);
  }

  /** A rider's place in the notifications, or in a timeline. */
  async cursor(rider: string, timeline?: TimelineName): Promise<string | undefined> {
    return (await this.#redis.hget(this.#key("cursor"), cursorField(rider, timeline))) ?? undefined;
  }

  async state(rider: string, name: string): Promise<unknown> {
    const sealed = await this.#redis.hget(this.#key("state", rider), name);
    return sealed === null ? undefined : JSON.parse(this.#keyring.open(sealed, this.#statePlace(rider, name)));
  }

  async counts(rider: string): Promise<Counts> {
    const [handled, failed] = await this.#redis.hmget(this.#key("counts"), `${rider} handled`, `${rider} failed`);
    return { handled: Number(handled ?? 0), failed: Number(failed ?? 0) };
  }

  /** False: the account has changed owner, and nothing was stored. */
  async #commit(
    { cursor, epoch, rider, post, timeline = post?.timeline }: StoredPlace & Pick<Progress, "post">,
    commands: readonly Command[],
  ): Promise<boolean> {
    const all: Command[] = [...commands];
    if (cursor !== undefined) all.push(["HSET", this.#key("cursor"), cursorField(rider, timeline), cursor]);
    const texts = all.map((command) => JSON.stringify(command.map(String)));
    return (await commitScript.run(this.#redis, [this.#key("epoch")], [epoch, ...texts])) === 1;
  }

  /** Marks the invocation as handled. */
  #ended(progress: Progress): Command[] {
    if (progress.post !== undefined) return this.#remembering(progress);
    return [["SET", this.#key("acknowledged", progress.invocation), 1, "PX", acknowledgedMs]];
  }

  #remembering({ post, rider }: Progress): Command[] {
    if (post === undefined) return [];
    const key = this.#key("posts", rider, post.timeline);
    return [
      ["ZADD", key, Date.now(), post.id],
      ["ZREMRANGEBYRANK", key, 0, -rememberedPosts - 1],
      ["PEXPIRE", key, acknowledgedMs],
    ];
  }

  #auditing(line: AuditLine): Command {
    return ["XADD", this.#key(auditKey), "MAXLEN", "~", auditLength, "*", ...auditFields(line)];
  }

  #sealed({ event, ...plain }: DueRecord): string {
    const sealedEvent = this.#keyring.seal(JSON.stringify(event), this.#eventPlace(plain.invocation));
    return JSON.stringify({ ...plain, sealedEvent });
  }

  #unseal(text: string): DueRecord {
    const { sealedEvent, ...plain } = JSON.parse(text) as Omit<DueRecord, "event"> & { sealedEvent: string };
    const event = JSON.parse(this.#keyring.open(sealedEvent, this.#eventPlace(plain.invocation))) as Event;
    return { ...plain, event };
  }

  #eventPlace(invocation: string): string {
    return eventPlace(this.#account, invocation);
  }

  #statePlace(rider: string, name: string): string {
    return statePlace(this.#account, rider, name);
  }

  #key(...parts: string[]): string {
    return this.#keys.account(this.#account, ...parts);
  }
}

/** Riders' names hold no space. */
function cursorField(rider: string, timeline: TimelineName | undefined): string {
  return timeline === undefined ? rider : `${rider} ${timeline}`;
}

function eventPlace(account: string, invocation: string): string {
  return `${account} event ${invocation}`;
}

function statePlace(account: string, rider: string, name: string): string {
  return `${account} state ${rider} ${name}`;
}

/** The places of events and riders' state, for those who walk over everything that is sealed. */
export const deliveryPlace: PlaceOf = (spot) => {
  const { field, name, rest } = spot;
  if (spot.of !== "account" || field === undefined) return undefined;
  if (rest === "due" || rest === "failed") return eventPlace(name, field);
  const rider = restAfter(spot, "state");
  return rider === undefined ? undefined : statePlace(name, rider, field);
};
