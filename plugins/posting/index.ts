import {
  definePlugin,
  ServerRefusedError,
  UncertainOutcomeError,
  type AccountFacts,
  type Can,
  type Invocation,
  type State,
} from "../../core/plugin.js";
import { compose, lengthOf } from "./compose.js";
import { configSchema, defaultTemplate, type Config } from "./config.js";
import { readFeed } from "./feed.js";
import { newsIn, planRun, type Memory, type News } from "./plan.js";

const dayMs = 24 * 60 * 60 * 1000;

type Run = Invocation<"write:statuses", never> & { readonly dueAt: Date };

/** Posts the new items of a feed, or texts from a list, by the clock. */
export default definePlugin({
  name: "posting",
  scopes: ["write:statuses"],
  config: configSchema,
  setup({ cron, every, config, account }) {
    const { feed, texts } = config;
    if (texts !== undefined) {
      cron("text", config.cron ?? "0 9 * * *", (run) => postText(run, texts, config));
    } else if (feed !== undefined) {
      const handler = (run: Run) => postFeed(run, feed, config, account);
      if (config.cron === undefined) every("feed", { minutes: config.every ?? 15 }, handler);
      else cron("feed", config.cron, handler);
    }
  },
});

async function postText({ client, state, once }: Run, texts: readonly string[], config: Config): Promise<void> {
  // Rolled once: were the handler to run again, it must not pick another text.
  const chance = await once("chance", () => Math.random());
  const last = await state.get<number>("position");
  const position =
    config.random === true ? randomPosition(texts.length, last, chance) : nextPosition(texts.length, last);
  await client.statuses.create({ status: texts[position] ?? "", ...settings(config) }, { key: "text" });
  state.set("position", position);
}

async function postFeed(run: Run, feed: string, config: Config, account: AccountFacts): Promise<void> {
  const memory = await rememberedOf(run.state, feed);
  // Read once: were the handler to run again, it must see the same news, whatever the feed holds by then.
  const news = await run.once("news", () => readNews(run, feed, memory, config, account));
  if (memory === undefined && news === null) return;
  const nothing: Memory = { feed, validators: { etag: null, lastModified: null }, seen: [], waiting: [] };
  const plan = planRun(memory ?? nothing, news ?? undefined, config.max_per_run ?? 3);
  const room = config.max_length - lengthOf(config.spoiler_text ?? "");
  for (const item of plan.post) {
    const status = compose(config.template ?? defaultTemplate, item, room);
    await postItem(run, { status, ...settings(config) }, item.mark);
  }
  run.state.set("feed", plan.memory);
}

/** What the feed holds that was not there before; null: nothing, or it cannot be read. */
async function readNews(
  { dueAt, log, signal }: Run,
  feed: string,
  memory: Memory | undefined,
  config: Config,
  account: AccountFacts,
): Promise<News | null> {
  const reading = await readFeed({
    url: feed,
    userAgent: `Howdah posting (for ${account.username} at ${account.server})`,
    validators: memory?.validators,
    signal,
    timeoutMs: 20_000,
  });
  if (reading.kind === "items") {
    const notBefore = dueAt.getTime() - (config.max_age_days ?? 7) * dayMs;
    return newsIn(reading, memory, { backlog: config.backlog ?? 0, notBefore });
  }
  if (reading.kind === "broken") {
    log.warn(`the feed ${feed} cannot be used: ${reading.reason}; trying again at the next tick`, { feed });
  }
  return null;
}

async function rememberedOf(state: State, feed: string): Promise<Memory | undefined> {
  const memory = await state.get<Memory>("feed");
  return memory?.feed === feed ? memory : undefined;
}

/** Posts about one item, or gives it up where it will never do: the others must not wait for it. */
async function postItem(
  { client, log }: { readonly client: Can<"statuses.create">; readonly log: Run["log"] },
  params: Parameters<Can<"statuses.create">["statuses"]["create"]>[0],
  key: string,
): Promise<void> {
  try {
    // The item's own key: what was posted for it is recognized whatever else a later attempt does.
    await client.statuses.create(params, { key });
  } catch (error) {
    const refused = error instanceof ServerRefusedError && error.status === 422;
    if (!refused && !(error instanceof UncertainOutcomeError)) throw error;
    log.error(`an item of the feed is left out: ${error.message}`, { item: params?.status });
  }
}

function settings({ visibility, language, spoiler_text }: Config) {
  return {
    visibility,
    ...(language === undefined ? {} : { language }),
    ...(spoiler_text === undefined ? {} : { spoiler_text }),
  };
}

function nextPosition(count: number, last: number | undefined): number {
  return last === undefined ? 0 : (last + 1) % count;
}

/** Any position but the last one, so that no text comes twice in a row; `chance` is from 0 to below 1. */
function randomPosition(count: number, last: number | undefined, chance: number): number {
  if (last === undefined || last >= count || count === 1) return Math.floor(chance * count);
  return (last + 1 + Math.floor(chance * (count - 1))) % count;
}
