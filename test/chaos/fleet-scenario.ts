import { setTimeout as sleep } from "node:timers/promises";
import { plainText } from "../../core/mastodon/plain-text.js";
import { Keyring } from "../../core/store/seal.js";
import { adoptAll } from "../end-to-end/adopt.js";
import { fleetOf, type Fleet } from "../end-to-end/fleet.js";
import { OwnRedis } from "../support/own-redis.js";
import { oneFault } from "./fleet-faults.js";
import type { Dice } from "./seed.js";

/** How large a fleet, and how long it suffers. */
export interface Scenario {
  readonly accounts: number;
  readonly processes: number;
  /** Mentions that are answered with a post each. */
  readonly events: number;
  readonly eventsPerSecond: number;
  /** How long after the last fault no further answer may come before what is unanswered counts as lost. */
  readonly settleMs: number;
}

/** What became of the mentions. */
export interface Outcome {
  readonly answered: number;
  /** Mentions without an answer. */
  readonly lost: readonly string[];
  /** Mentions with more than one answer. */
  readonly doubled: readonly string[];
  /** What the command says about them: what waits, what has failed, what was logged. */
  readonly standing: readonly string[];
  readonly faults: readonly string[];
  readonly seconds: number;
}

const prefix = "chaos";
const visitors = ["ada", "ben", "cleo", "dan", "eve", "finn", "gil", "hana"] as const;
const scopes = ["read:accounts", "read:notifications", "read:statuses", "write:statuses"];

/** A plugin that acts by a plain write, so that nothing but the ledger keeps it from acting twice. */
const answerer = `import { definePlugin } from "howdah";
export default definePlugin({
  name: "answerer",
  scopes: ["read:notifications", "write:statuses"],
  setup({ on }) {
    on("notification.mention", ({ client, notification }) =>
      client.statuses.create({
        status: "answer to " + notification.status.id,
        in_reply_to_id: notification.status.id,
      }),
    );
  },
});
`;

/** Runs a fleet that answers mentions while random faults happen, as the dice say, and counts the answers. */
export async function fleetScenario(scenario: Scenario, dice: Dice): Promise<Outcome> {
  const started = performance.now();
  const accounts = Array.from({ length: scenario.accounts }, (_, index) => `bot${index}`);
  const redis = await OwnRedis.start();
  const key = Keyring.generate();
  const fleet = await fleetOf({
    accounts: yamlOf(accounts),
    files: { "answerer.js": answerer },
    sandbox: { users: [...accounts, ...visitors] },
    // So many posts in so little time, and so many of them looked for: with windows of real length most would wait.
    environment: {
      REDIS_URL: redis.url,
      BOT_PREFIX: prefix,
      BOT_KEY: key,
      LOG_LEVEL: "warn",
      BOT_WINDOW_SCALE: "0.05",
    },
  });
  try {
    await adoptAll(fleet, accounts, { url: redis.url, prefix, key, scopes });
    const processes = Array.from({ length: scenario.processes }, () => fleet.start(["run"]));
    await fleet.listening(...accounts);
    const mentions = mentionAll(fleet, accounts, scenario);
    const faults: string[] = [];
    const over = new AbortController();
    void mentions.finally(() => over.abort());
    while (!over.signal.aborted) {
      await sleep(500 + dice.below(2_500));
      if (!over.signal.aborted) faults.push(await oneFault({ fleet, redis, processes, accounts }, dice));
    }
    const answers = new Answers(fleet, accounts);
    const ids = await mentions;
    await answers.until(ids, scenario.settleMs);
    const found = answers.read(ids);
    const standing = found.lost.length === 0 ? [] : await standingOf(fleet);
    return { ...found, standing, faults, seconds: Math.round((performance.now() - started) / 1_000) };
  } finally {
    await fleet.close();
    await redis.close();
  }
}

/** Where the unanswered may be: riders that have something waiting or failed, and how often each line was logged. */
async function standingOf(fleet: Fleet): Promise<string[]> {
  const statuses = await fleet.status();
  const riders = statuses.flatMap(({ account, state, stream, riders: all }) =>
    all
      .filter(({ failed, waiting }) => state !== "ready" || !stream.connected || failed + waiting > 0)
      .map(({ failed, waiting }) => `${account}: ${state}, ${stream.mode}, ${waiting} wait, ${failed} failed`),
  );
  const { stdout } = await fleet.bot("failed", "--json");
  const failures = JSON.parse(stdout) as { account: string; reason: string }[];
  return [...riders, ...tally(failures.map(({ reason }) => reason)), ...tally(fleet.logged())];
}

function tally(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([line, count]) => `${count} x ${line}`);
}

function yamlOf(accounts: readonly string[]): string {
  const entries = accounts.map((name) => `  ${name}: { server: "\${SANDBOX_URL}" }`);
  const lifted = "  caps: { rider_per_hour: 1000000, server_per_hour: 1000000 }";
  const defaults = ["defaults:", "  plugins: [./answerer.js]", lifted];
  return [...defaults, "accounts:", ...entries, ""].join("\n");
}

/** Visitors mention the bots in turn; gives the ids of their posts. */
async function mentionAll(fleet: Fleet, accounts: readonly string[], scenario: Scenario): Promise<string[]> {
  const ids: string[] = [];
  const started = performance.now();
  while (ids.length < scenario.events) {
    const due = Math.min(scenario.events, ((performance.now() - started) / 1_000) * scenario.eventsPerSecond);
    while (ids.length < due) {
      const visitor = visitors[ids.length % visitors.length] ?? "ada";
      const bot = accounts[Math.floor(ids.length / visitors.length) % accounts.length];
      const status = `@${bot} what about ${ids.length}?`;
      const { id } = await fleet.sandbox.actAs(visitor).statuses.create({ status });
      ids.push(id);
    }
    await sleep(20);
  }
  return ids;
}

/** Reads what the bots have posted, ever further, and counts the answers to each post. */
class Answers {
  readonly #fleet: Fleet;
  readonly #counts = new Map<string, number>();
  readonly #accounts: readonly string[];
  readonly #last = new Map<string, string>();

  constructor(fleet: Fleet, accounts: readonly string[]) {
    this.#fleet = fleet;
    this.#accounts = accounts;
  }

  /** Waits until each post has an answer or none comes any more, and then a little for those that should not come. */
  async until(ids: readonly string[], settleMs: number): Promise<void> {
    let deadline = performance.now() + settleMs;
    do {
      await sleep(1_000);
      const before = this.#counts.size;
      await this.#readOn();
      if (this.#counts.size > before) deadline = performance.now() + settleMs;
    } while (performance.now() < deadline && ids.some((id) => !this.#counts.has(id)));
    await sleep(5_000);
    await this.#readOn();
  }

  read(ids: readonly string[]): Pick<Outcome, "answered" | "lost" | "doubled"> {
    const countOf = (id: string) => this.#counts.get(id) ?? 0;
    return {
      answered: ids.filter((id) => countOf(id) === 1).length,
      lost: ids.filter((id) => countOf(id) === 0),
      doubled: ids.filter((id) => countOf(id) > 1),
    };
  }

  async #readOn(): Promise<void> {
    for (const account of this.#accounts) await this.#readOnOf(account);
  }

  async #readOnOf(account: string): Promise<void> {
    const id = this.#fleet.idOf(account);
    for (;;) {
      const min_id = this.#last.get(account) ?? "0";
      const page = await this.#fleet.sandbox.actAs("ada").accounts.statuses({ id, limit: 40, min_id });
      for (const { content } of page) {
        const asked = /answer to (\d+)/.exec(plainText(content))?.[1];
        if (asked !== undefined) this.#counts.set(asked, (this.#counts.get(asked) ?? 0) + 1);
      }
      const newest = page[0];
      if (newest === undefined) return;
      this.#last.set(account, newest.id);
    }
  }
}
