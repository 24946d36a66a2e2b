import { auditFields, auditKeptMs, auditKey, auditLength } from "../client/audit.js";
import type { DeliverySeals } from "./delivery-seals.js";
import { keptMs, rememberedPosts, type Batch } from "./delivery-store.js";

/** A Redis command, or `addEach`: its name, its key, the rest. */
type Command = readonly (string | number)[];
type KeyOf = (...parts: string[]) => string;

/**
 * Adds each of the lines of a value to a sorted set, all with one score: `addEach key score lines`. A value for each of
 * them would cost more than anything else does in storing a batch. An id that has two lines is known by both.
 */
export const addEach = "each-ZADD";

/** Lua cannot hand more than some thousand values to one command. */
const valuesPerCommand = 1_000;

/** What stores a batch: few commands, however many events it is about. */
export function batchCommands(batch: Batch, seals: DeliverySeals, key: KeyOf): Command[] {
  return [
    ...counting(batch, key("counts")),
    ...stating(batch, seals, key),
    ...listing(batch, seals, key),
    ...placing(batch, key),
    ...many("HSET", key("ticks"), [...batch.ticks].flat()),
    ...breaking(batch, key("broken")),
    ...remembering(batch, key),
    ...auditing(batch, key(auditKey)),
  ];
}

/** Commands one after the other, each with its length before it. */
export function flatten(commands: readonly Command[]): (string | number)[] {
  return commands.flatMap((command) => [command.length, ...command]);
}

function counting({ counts }: Batch, key: string): Command[] {
  return [...counts].flatMap(([rider, { failed, handled }]): Command[] => [
    ...(handled > 0 ? [["HINCRBY", key, `${rider} handled`, handled]] : []),
    ...(failed > 0 ? [["HINCRBY", key, `${rider} failed`, failed]] : []),
  ]);
}

function stating({ state }: Batch, seals: DeliverySeals, key: KeyOf): Command[] {
  return [...state].flatMap(([rider, changes]) => {
    const [set, gone]: [string[], string[]] = [[], []];
    for (const [name, value] of changes) {
      if (value === undefined) gone.push(name);
      else set.push(name, seals.sealState(rider, name, value));
    }
    const hash = key("state", rider);
    return [...many("HSET", hash, set), ...many("HDEL", hash, gone)];
  });
}

function listing({ due, failed }: Batch, seals: DeliverySeals, key: KeyOf): Command[] {
  const listed = [...due].flatMap(([invocation, record]) =>
    record === undefined ? [] : [invocation, seals.sealRecord(record)],
  );
  const left = [...due].flatMap(([invocation, record]) => (record === undefined ? [invocation] : []));
  const givenUp = [...failed].flatMap(([invocation, record]) => [invocation, seals.sealRecord(record)]);
  return [
    ...many("HSET", key("due"), listed),
    ...(listed.length > 0 ? [["PEXPIRE", key("due"), keptMs]] : []),
    ...many("HDEL", key("due"), left),
    ...many("HSET", key("failed"), givenUp),
    ...(givenUp.length > 0 ? [["PEXPIRE", key("failed"), keptMs]] : []),
  ];
}

function placing({ places }: Batch, key: KeyOf): Command[] {
  return [...places].flatMap(([rider, { covered, cursor, handled }]) => [
    ["HSET", key("cursor"), rider, cursor],
    ...many("SADD", key("handled", rider), handled),
    ...many("SREM", key("handled", rider), covered),
  ]);
}

function breaking({ broken }: Batch, key: string): Command[] {
  return [...broken].map(([rider, why]) =>
    why === undefined ? ["HDEL", key, rider] : ["HSET", key, rider, JSON.stringify(why)],
  );
}

/** Riders' names hold no space. */
function remembering({ timelines }: Batch, key: KeyOf): Command[] {
  const now = Date.now();
  return timelines.flatMap(({ cursor, posts, rider, timeline }): Command[] => {
    const known = key("posts", rider, timeline);
    const placed: Command[] = cursor === undefined ? [] : [["HSET", key("cursor"), `${rider} ${timeline}`, cursor]];
    if (posts.length === 0) return placed;
    return [
      ...placed,
      [addEach, known, now, posts.join("\n")],
      ["ZREMRANGEBYRANK", known, 0, -rememberedPosts - 1],
      ["PEXPIRE", known, keptMs],
    ];
  });
}

function auditing({ audit }: Batch, key: string): Command[] {
  if (audit.length === 0) return [];
  return [
    ...audit.map((line) => ["XADD", key, "MAXLEN", "~", auditLength, "*", ...auditFields(line)]),
    ["XTRIM", key, "MINID", "~", Date.now() - auditKeptMs],
    ["PEXPIRE", key, auditKeptMs],
  ];
}

/** One command with many values, in pieces; none without values. */
function many(name: string, key: string, values: readonly (string | number)[]): Command[] {
  const commands: Command[] = [];
  for (let start = 0; start < values.length; start += valuesPerCommand) {
    commands.push([name, key, ...values.slice(start, start + valuesPerCommand)]);
  }
  return commands;
}
