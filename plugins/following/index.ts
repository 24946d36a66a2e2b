import { definePlugin, type Can } from "../../core/plugin.js";
import { reasonBetween, reasonInProfile } from "./candidate.js";
import { configSchema } from "./config.js";

/** Follows back whoever follows the account, and lets in who asks where that is wanted. */
export default definePlugin({
  name: "following",
  scopes: ["read:notifications", "read:follows", "write:follows"],
  config: configSchema,
  setup({ on, config, account }) {
    const here = () => ({ host: new URL(account.server).host, now: Date.now() });

    on("notification.follow", async ({ notification, client, log }) => {
      const follower = notification.account;
      const relationship = await relationshipWith(follower.id, client);
      if (relationship?.following === true || relationship?.requested === true) return;
      const reason = reasonBetween(relationship) ?? reasonInProfile(follower, config, here());
      if (reason !== undefined) {
        log.info(`does not follow ${follower.acct} back: ${reason}`, { account: follower.id });
        return;
      }
      await client.accounts.follow({ id: follower.id });
      log.info(`follows ${follower.acct} back`, { account: follower.id });
    });

    if (!config.accept_requests) return;
    // The server reports an accepted request as a follow: the handler above goes on from there.
    on("notification.follow_request", async ({ notification, client, log }) => {
      const asking = notification.account;
      const relationship = await relationshipWith(asking.id, client);
      if (relationship?.followed_by === true) return;
      const reason = reasonBetween(relationship) ?? reasonInProfile(asking, config, here());
      if (reason !== undefined) {
        log.info(`leaves the request of ${asking.acct} to a person: ${reason}`, { account: asking.id });
        return;
      }
      await client.followRequests.authorize({ account_id: asking.id });
      log.info(`accepted the request of ${asking.acct}`, { account: asking.id });
    });
  },
});

async function relationshipWith(id: string, client: Can<"accounts.relationships">) {
  const [relationship] = await client.accounts.relationships({ id: [id] });
  return relationship;
}
