import { definePlugin } from "howdah";

export default definePlugin({
  name: "answerer",
  scopes: ["read:notifications", "write:statuses"],
  setup({ on }) {
    // A plain write, so that nothing but the ledger keeps it from answering twice.
    on("notification.mention", ({ client, notification }) =>
      client.statuses.create({
        status: `answer to ${notification.status.id}`,
        in_reply_to_id: notification.status.id,
      }),
    );
  },
});
