import { afterEach, beforeEach, expect, test } from "vitest";
import { ServerRefusedError } from "../../core/errors.js";
import { operationList } from "../../core/mastodon/operations.js";
import { buildRequest } from "../../core/mastodon/request.js";
import type { Plugin, Scope } from "../../core/plugin.js";
import following from "../../plugins/following/index.js";
import moderation from "../../plugins/moderation/index.js";
import posting from "../../plugins/posting/index.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { ask, tokenFor } from "../sandbox/bot.js";
import { body, rss, serveFeed } from "./feed-server.js";
import { ride, type Answers, type Rider } from "./rider.js";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ users: ["bot", "zoe"] });
});
afterEach(() => sandbox.close());

/** The plugin on the sandbox's bot, over HTTP, with a token for exactly its scopes. */
async function rideThere(plugin: Plugin, config: unknown, allow: readonly Scope[] = []): Promise<Rider> {
  const token = await tokenFor(sandbox, "bot", [...plugin.scopes, ...allow].join(" "));
  const answers = Object.fromEntries(
    operationList.map(({ name, operation }) => [
      name,
      async (params: Record<string, unknown>) => {
        const { path, body, contentType } = buildRequest(operation, params, name);
        const answer = await ask(`${sandbox.url}${path}`, {
          method: operation.method,
          token,
          headers: contentType === undefined ? {} : { "content-type": contentType },
          ...(typeof body === "string" ? { body } : {}),
        });
        if (answer.status >= 300) throw new ServerRefusedError(name, answer.status, answer.body);
        return answer.body as unknown;
      },
    ]),
  ) as Answers;
  const id = sandbox.users().find(({ user }) => user === "bot")?.id ?? "";
  return ride(plugin, { config, allow, answers, id, server: sandbox.url });
}

/** Hands the bot's newest notification to the plugin. */
async function notify(rider: Rider): Promise<void> {
  const [notification] = await sandbox.actAs("bot").notifications.list();
  await rider.handle(`notification.${notification?.type}`, { notification });
}

async function betweenBotAndZoe() {
  const zoe = await sandbox.actAs("bot").accounts.lookup({ acct: "zoe" });
  const [relationship] = await sandbox.actAs("bot").accounts.relationships({ id: [zoe.id] });
  return relationship;
}

async function follow(): Promise<void> {
  const bot = await sandbox.actAs("zoe").accounts.lookup({ acct: "bot" });
  await sandbox.actAs("zoe").accounts.follow({ id: bot.id });
}

test("posting posts a feed's item, and a refused one does not stop the others", async () => {
  const long = { id: "2", title: "x".repeat(600) };
  const feed = await serveFeed(body(rss({ id: "3" }, long, { id: "1" })));
  const rider = await rideThere(posting, { feed: feed.url, backlog: 3, max_length: 1000, visibility: "unlisted" });
  await rider.handle("feed");
  const posts = await sandbox.actAs("bot").timelines.home();
  expect(posts.map(({ content, visibility }) => [content.slice(0, 10), visibility])).toEqual([
    ["<p>Title 3", "unlisted"],
    ["<p>Title 1", "unlisted"],
  ]);
  expect(rider.messages("error")).toHaveLength(1);
});

test("following follows back", async () => {
  const rider = await rideThere(following, {});
  await follow();
  await notify(rider);
  expect(await betweenBotAndZoe()).toMatchObject({ following: true, followed_by: true });
});

test("following accepts a request, and follows back when the server reports it", async () => {
  sandbox.act({
    user: "bot",
    method: "PATCH",
    path: "/api/v1/accounts/update_credentials",
    body: { locked: true },
  });
  const rider = await rideThere(following, { accept_requests: true });
  await follow();
  await notify(rider);
  expect(await betweenBotAndZoe()).toMatchObject({ followed_by: true });
  await notify(rider);
  expect(await betweenBotAndZoe()).toMatchObject({ following: true });
});

test("moderation mutes, blocks and reports", async () => {
  const rules = (["mute", "block", "report"] as const).map((action) => ({
    name: action,
    match: { text: `please ${action}` },
    action,
    ...(action === "mute" && { duration: "1h" }),
  }));
  const allow: readonly Scope[] = ["write:mutes", "write:blocks", "write:reports"];
  const rider = await rideThere(moderation, { enforce: true, rules }, allow);
  for (const action of ["report", "mute", "block"]) {
    const status = await sandbox.actAs("zoe").statuses.create({ status: `@bot please ${action}` });
    const [first] = await sandbox.actAs("bot").notifications.list();
    // Who is muted notifies no more.
    await rider.handle("notification.mention", { notification: { ...first, type: "mention", status } });
  }
  expect(await betweenBotAndZoe()).toMatchObject({ muting: true, blocking: true });
  expect(sandbox.reports()).toMatchObject([{ by: "bot", comment: 'Found by the rule "report"' }]);
});
