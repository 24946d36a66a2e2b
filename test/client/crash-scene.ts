import { onTestFinished } from "vitest";
import { Keyring } from "../../core/store/seal.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import type { FaultRule } from "../../sandbox/http/faults.js";
import { tokenFor } from "../sandbox/bot.js";
import { testRedis } from "../support/redis.js";
import type { WritesProcessSettings } from "./writes-child.js";

/** The servers that a crash is tried on: how a post's outcome can be known differs between them. */
export const serverKinds = ["with keys", "without keys", "answering 500 after the effect"] as const;
export type ServerKind = (typeof serverKinds)[number];

/** A post on its way: the API's path and method. */
export const posting = { method: "POST", path: "/api/v1/statuses" } as const;
export const fails: FaultRule = {
  ...posting,
  when: "after",
  action: { status: 500, html: "<h1>We're sorry, but something went wrong</h1>" },
};

/** An account with a mention that is to be answered by posts, and what its processes are told. */
export interface CrashScene {
  readonly sandbox: Sandbox;
  readonly settings: WritesProcessSettings;
  /** What the account has posted, the oldest first. */
  posts(): Promise<string[]>;
}

/** Makes one on a server of its own. */
export async function crashScene(kind: ServerKind, texts: readonly string[]): Promise<CrashScene> {
  const dialect = kind === "without keys" ? "gotosocial" : "mastodon";
  const sandbox = await startSandbox({ dialect, users: ["bot", "zoe"] });
  onTestFinished(() => sandbox.close());
  const corner = testRedis();
  const token = await tokenFor(sandbox, "bot", "read write");
  await sandbox.actAs("zoe").statuses.create({ status: "@bot go on" });
  const [notification] = (await sandbox.actAs("bot").notifications.list({ limit: 1 })).values();
  if (notification === undefined) throw new Error("the sandbox notified nobody");
  const personId = sandbox.users().find(({ user }) => user === "bot")?.id ?? "";
  sandbox.clearRequests();
  return {
    sandbox,
    settings: {
      redisUrl: corner.url,
      prefix: corner.prefix,
      key: Keyring.generate(),
      server: sandbox.url,
      personId,
      token,
      notification,
      texts,
      settledAfterMs: 200,
    },
    posts: async () => {
      const statuses = await sandbox.actAs("bot").accounts.statuses({ id: personId });
      return statuses.map(({ content }) => content.replaceAll(/<[^>]*>/g, "")).toReversed();
    },
  };
}
