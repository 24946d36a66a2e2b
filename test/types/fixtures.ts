/** A plugin with these scopes, whose set-up is `body`. */
function plugin(definition: string, body: string): string {
  return `import { definePlugin, z } from "howdah";
export const schema = z.object({});
export default definePlugin({ name: "fixture", ${definition}, setup(bot) { ${body} } });`;
}

/** What must compile. */
export const right: Readonly<Record<string, string>> = {
  "operations within the scopes": plugin(
    'scopes: ["read:notifications", "write:statuses"]',
    `bot.on("notification.mention", async ({ client, reply, notification }) => {
      await client.statuses.create({ status: notification.status.content }, { key: "answer" });
      const answer = await reply("hello");
      return answer.id.length;
    });`,
  ),
  "a parent scope stands for its children": plugin(
    'scopes: ["read", "write", "follow"]',
    `bot.command("x", async ({ client, args, reply, status }) => {
      await client.statuses.favourite({ id: status.id });
      await client.accounts.follow({ id: status.account.id });
      await client.media.create({ file: new Blob([]) });
      await reply(args.join(" "));
    });
    bot.on("timeline.list:1", ({ status }) => status.id);`,
  ),
  "follow stands for following, blocking and muting": plugin(
    'scopes: ["follow"]',
    `bot.every("x", { hours: 1 }, async ({ client }) => {
      await client.accounts.mute({ id: "1" });
      await client.accounts.block({ id: "1" });
      await client.followRequests.list();
    });`,
  ),
  "no scopes means read": `import { definePlugin } from "howdah";
    export default definePlugin({ name: "reader", setup({ on, client }) {
      on("notification", ({ notification }) => notification.type);
      on("timeline.tag:x", async ({ status }) => (await client.statuses.get({ id: status.id })).content);
    } });`,
  "operations that need no scope": plugin(
    'scopes: ["profile"]',
    'bot.cron("x", "* * * * *", async ({ client }) => (await client.instance.get()).title);',
  ),
  "set-up reads": plugin('scopes: ["read:accounts"]', 'void bot.client.accounts.lookup({ acct: "a" });'),
  pages: plugin(
    'scopes: ["read:statuses"]',
    `bot.every("x", { minutes: 5 }, async ({ client }) => {
      for await (const status of client.timelines.home({ limit: 40 })) void status.id;
      const page = await client.timelines.home();
      return (await page.next())?.items[0]?.content;
    });`,
  ),
  "an upload, and an endpoint that only one server has": plugin(
    'scopes: ["read:accounts", "write:media"]',
    `bot.every("x", { hours: 1 }, async ({ client }) => {
      const { id } = await client.media.upload({ url: "https://example.org/cat.png", description: "a cat" });
      const mascot = await client.request<{ url: string }>({ method: "GET", path: "/api/v1/pleroma/mascot", scope: "read:accounts" });
      return [id, mascot.url];
    });`,
  ),
  "an optional scope where it is granted": plugin(
    'scopes: ["write:statuses"], optionalScopes: ["write:media"]',
    `bot.cron("x", "* * * * *", async ({ grant, client }) => {
      const wide = grant("write:media");
      const media = wide === undefined ? [] : [(await wide.media.create({ file: new Blob([]) })).id];
      await (wide ?? client).statuses.create({ status: "x", media_ids: media });
    });`,
  ),
  "mentions and commands of bots are asked for": plugin(
    'scopes: ["read", "write"]',
    `bot.on("notification.mention", ({ reply }) => reply("x"), { bots: true, own: true });
    bot.command("x", ({ reply, args }) => reply(args.join(" ")), { bots: true });`,
  ),
  "what once computes and state holds has its type": plugin(
    'scopes: ["read"]',
    `bot.cron("x", "* * * * *", async ({ once, state, dueAt, signal }) => {
      const count: number = await once("count", async () => 1);
      const before: number | undefined = await state.get<number>("count");
      signal.throwIfAborted();
      state.set("count", count + (before ?? 0) + dueAt.getTime());
    });`,
  ),
  "a configuration has the type of its schema's output": `import { definePlugin, z } from "howdah";
    export default definePlugin({
      name: "x",
      config: z.strictObject({ city: z.string(), days: z.string().transform(Number).default(1) }),
      setup({ config }) {
        const city: string = config.city;
        const days: number = config.days;
        return () => [city, days];
      },
    });`,
  "no configuration is undefined": plugin(
    'scopes: ["read"]',
    "const config: undefined = bot.config; return () => config;",
  ),
  "a helper by operations takes every client that can do them": `import type { Can, Client } from "howdah";
    const post = (client: Can<"statuses.create">) => client.statuses.create({ status: "x" });
    const both = (client: Can<"statuses.create" | "accounts.follow">) => client.accounts.follow({ id: "1" });
    export async function use(
      wide: Client<"read" | "write">, exact: Client<"write:statuses">, two: Client<"write:statuses" | "follow">,
    ) {
      await Promise.all([post(wide), post(exact), post(two), both(wide), both(two)]);
    }`,
  "the example of the design": `import { definePlugin, z } from "howdah";
    declare function forecast(city: string): Promise<string>;
    export default definePlugin({
      name: "weather",
      scopes: ["read:notifications", "write:statuses"],
      optionalScopes: ["write:media"],
      config: z.object({ city: z.string() }),
      setup({ on, cron, command, config, account, log }) {
        command("weather", async ({ reply, args }) => {
          await reply(await forecast(args[0] ?? config.city));
        });
        on("notification.mention", async ({ notification, client, state, once, signal }) => {
          void [notification, client, state, once, signal, account];
        });
        cron("morning", "0 7 * * *", async ({ client, once }) => {
          const text = await once("text", () => forecast(config.city));
          await client.statuses.create({ status: text });
        });
        return () => { log.info("bye"); };
      },
    });`,
};

const missing = (scope: string) =>
  `This expression is not callable.\n  Type 'MissingScope<"${scope}">' has no call signatures.`;
const notListened = (scope: string) =>
  `Argument of type 'string' is not assignable to parameter of type 'MissingScope<"${scope}">'.`;

/** What must not compile, and everything that the compiler says about it. */
export const wrong: readonly (readonly [name: string, source: string, errors: readonly string[]])[] = [
  [
    "a write outside the scopes",
    plugin(
      'scopes: ["read"]',
      'bot.every("x", { hours: 1 }, ({ client }) => client.statuses.create({ status: "x" }));',
    ),
    [missing("write:statuses")],
  ],
  [
    "a sibling scope",
    plugin(
      'scopes: ["write:statuses"]',
      'bot.every("x", { hours: 1 }, ({ client }) => client.accounts.follow({ id: "1" }));',
    ),
    [missing("write:follows")],
  ],
  [
    "relationships with follow alone, which does not permit them",
    plugin(
      'scopes: ["follow"]',
      'bot.every("x", { hours: 1 }, ({ client }) => client.accounts.relationships({ id: ["1"] }));',
    ),
    [missing("read:follows")],
  ],
  [
    "a read outside the scopes in set-up",
    plugin('scopes: ["write:statuses"]', 'void bot.client.statuses.get({ id: "1" });'),
    [missing("read:statuses")],
  ],
  [
    "a write in set-up",
    plugin('scopes: ["write:statuses"]', 'void bot.client.statuses.create({ status: "x" });'),
    ["This expression is not callable.\n  Type 'OnlyInHandlers' has no call signatures."],
  ],
  [
    "notifications outside the scopes",
    plugin('scopes: ["write:statuses"]', 'bot.on("notification.mention", () => 1);'),
    [notListened("read:notifications")],
  ],
  [
    "a timeline outside the scopes",
    plugin('scopes: ["read:notifications"]', 'bot.on("timeline.home", () => 1);'),
    [notListened("read:statuses")],
  ],
  [
    "a list outside the scopes",
    plugin('scopes: ["read:statuses"]', 'bot.on("timeline.list:1", () => 1);'),
    [notListened("read:lists")],
  ],
  [
    "bots asked for where nothing is left out",
    plugin('scopes: ["read"]', 'bot.on("notification.follow", () => 1, { bots: true });'),
    ["Argument of type '{ bots: boolean; }' is not assignable to parameter of type 'undefined'."],
  ],
  [
    "a command outside the scopes",
    plugin('scopes: ["write:statuses"]', 'bot.command("x", () => 1);'),
    [notListened("read:notifications")],
  ],
  [
    "an answer to a mention outside the scopes",
    plugin('scopes: ["read:notifications"]', 'bot.on("notification.mention", ({ reply }) => reply("x"));'),
    [missing("write:statuses")],
  ],
  [
    "an answer to a command outside the scopes",
    plugin('scopes: ["read:notifications"]', 'bot.command("x", ({ reply }) => reply("x"));'),
    [missing("write:statuses")],
  ],
  [
    "an optional scope without asking",
    plugin(
      'scopes: ["write:statuses"], optionalScopes: ["write:media"]',
      'bot.every("x", { hours: 1 }, ({ client }) => client.media.create({ file: new Blob([]) }));',
    ),
    [missing("write:media")],
  ],
  [
    "an optional scope that may not be granted",
    plugin(
      'scopes: ["read"], optionalScopes: ["write:media"]',
      'bot.every("x", { hours: 1 }, ({ grant }) => grant("write:media").media.create({ file: new Blob([]) }));',
    ),
    ["Object is possibly 'undefined'."],
  ],
  [
    "an upload without its scope",
    plugin('scopes: ["read"]', 'bot.every("x", { hours: 1 }, ({ client }) => client.media.upload({ path: "x.png" }));'),
    [missing("write:media")],
  ],
  [
    "a request with a scope that is not declared",
    plugin(
      'scopes: ["write:media"]',
      'bot.every("x", { hours: 1 }, ({ client }) => client.request({ method: "GET", path: "/x", scope: "write:lists" }));',
    ),
    [`Type '"write:lists"' is not assignable to type '"write:media"'.`],
  ],
  [
    "a request that writes in set-up",
    plugin('scopes: ["write"]', 'void bot.client.request({ method: "POST", path: "/x", scope: "write" });'),
    [`Type '"POST"' is not assignable to type '"GET"'.`],
  ],
  [
    "a grant of what is not declared",
    plugin(
      'scopes: ["read"], optionalScopes: ["write:media"]',
      'bot.every("x", { hours: 1 }, ({ grant }) => grant("write:follows"));',
    ),
    [`Argument of type '"write:follows"' is not assignable to parameter of type '"write:media"'.`],
  ],
  [
    "a scope that there is not",
    plugin('scopes: ["write:statusses"]', "void bot;"),
    [`Type '"write:statusses"' is not assignable to type 'Scope'. Did you mean '"write:statuses"'?`],
  ],
  [
    "an event that there is not",
    plugin('scopes: ["read"]', 'bot.on("notification.mentoin", () => 1);'),
    [`Argument of type '"notification.mentoin"' is not assignable to parameter of type 'EventName'.`],
  ],
  [
    "a configuration without a schema",
    plugin('scopes: ["read"]', "return () => bot.config.city;"),
    ["'bot.config' is possibly 'undefined'."],
  ],
  [
    "a parameter that there is not",
    plugin(
      'scopes: ["write:statuses"]',
      'bot.every("x", { hours: 1 }, ({ client }) => client.statuses.create({ text: "x" }));',
    ),
    ["Object literal may only specify known properties, and 'text' does not exist in type 'CreateStatusParams'."],
  ],
  [
    "a key for a read",
    plugin(
      'scopes: ["read"]',
      'bot.every("x", { hours: 1 }, ({ client }) => client.statuses.get({ id: "1" }, { key: "x" }));',
    ),
    ["Expected 1 arguments, but got 2."],
  ],
  [
    "a helper that needs more than the client can do",
    `import type { Can, Client } from "howdah";
    export const use = (client: Client<"read">, post: (c: Can<"statuses.create">) => void) => post(client);`,
    [
      [
        `Argument of type 'Client<"read">' is not assignable to parameter of type '{ readonly statuses: { readonly create: (params: CreateStatusParams, options?: WriteOptions | undefined) => Promise<Status>; }; }'.`,
        "  The types of 'statuses.create' are incompatible between these types.",
        `    Type 'MissingScope<"write:statuses">' is not assignable to type '(params: CreateStatusParams, options?: WriteOptions | undefined) => Promise<Status>'.`,
        `      Type 'MissingScope<"write:statuses">' provides no match for the signature '(params: CreateStatusParams, options?: WriteOptions | undefined): Promise<Status>'.`,
      ].join("\n"),
    ],
  ],
];

/** Everything that is handed to an author, as types of exported constants. */
export const handedOut = `import type { Can, Client, CommandCall, EventName, Invocation, Plugin, Setup, Scope } from "howdah";
import * as door from "howdah";
export declare const setup: Setup<"read" | "write", "follow", { readonly city: string }>;
export declare const invocation: Invocation<"read" | "write", "follow"> & CommandCall<"write">;
export declare const client: Client<Scope>;
export declare const narrow: Client<"write:statuses">;
export declare const can: Can<"statuses.create" | "timelines.home">;
export declare const event: EventName;
export declare const mention: Parameters<Parameters<typeof setup.on<"notification.mention">>[1]>[0];
export declare const posted: Parameters<Parameters<typeof setup.on<"timeline.home">>[1]>[0];
export declare const deleted: Parameters<Parameters<typeof setup.on<"status.deleted">>[1]>[0];
export declare const plugin: Plugin;
export const { z: _, ...rest } = door;
`;

/** An `any` three steps deep, which the search for them must find. */
export const planted = "export const deep = (text: string) => [{ inner: Promise.resolve(JSON.parse(text)) }];";
