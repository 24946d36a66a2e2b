import { Refusal } from "../refusal.js";
import type { Handlers } from "./call.js";
import { vapidKey } from "./instance.js";

/** @see https://docs.joinmastodon.org/methods/apps/ */
export const apps: Handlers<"apps"> = {
  verifyCredentials: ({ app }) => {
    if (app === undefined) throw new Refusal(401, "The access token is invalid");
    return {
      id: app.id,
      name: app.name,
      website: app.website,
      scopes: [...app.scopes],
      redirect_uri: app.redirectUris.join("\n"),
      redirect_uris: [...app.redirectUris],
      vapid_key: vapidKey,
    };
  },
};
