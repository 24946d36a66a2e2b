import type { PushAlerts, WebPushSubscription } from "../../core/mastodon/notification-entities.js";
import { invalid, missing, notFound } from "../refusal.js";
import type { KeptSubscription } from "../world/records.js";
import { signedIn, type Call, type Handlers } from "./call.js";
import type { Parameters } from "./parameters.js";

/** An uncompressed point on P-256, as servers' keys are. */
const serverKey = `B${"A".repeat(86)}`;
const policies = ["all", "followed", "follower", "none"] as const;

/** Subscriptions are kept, one for each app of a person; nothing is pushed. @see https://docs.joinmastodon.org/methods/push/ */
export const push: Handlers<"push"> = {
  create: (call) => {
    const subscription = call.parameters.nested("subscription");
    const endpoint = subscription?.filledText("endpoint");
    const keys = subscription?.nested("keys");
    if (endpoint === undefined) throw missing("subscription");
    if (keys?.filledText("p256dh") === undefined || keys.filledText("auth") === undefined) throw missing("keys");
    if (!/^https?:$/.test(URL.canParse(endpoint) ? new URL(endpoint).protocol : ""))
      throw invalid("Endpoint is invalid");
    const isStandard = subscription?.flag("standard") ?? false;
    const kept = { id: call.world.ids.next(), endpoint, isStandard, ...wishesIn(call.parameters) };
    signedIn(call).kept.subscriptions.set(appOf(call), kept);
    return rendered(kept);
  },
  get: (call) => rendered(own(call)),
  update: (call) => {
    const kept = { ...own(call), ...wishesIn(call.parameters) };
    signedIn(call).kept.subscriptions.set(appOf(call), kept);
    return rendered(kept);
  },
  delete: (call) => {
    signedIn(call).kept.subscriptions.delete(appOf(call));
    return {};
  },
};

function wishesIn(parameters: Parameters): Pick<KeptSubscription, "alerts" | "policy"> {
  const data = parameters.nested("data");
  const asked = data?.nested("alerts");
  const wants = (name: keyof PushAlerts): boolean => asked?.flag(name) ?? false;
  const alerts: PushAlerts = {
    mention: wants("mention"),
    status: wants("status"),
    reblog: wants("reblog"),
    follow: wants("follow"),
    follow_request: wants("follow_request"),
    favourite: wants("favourite"),
    poll: wants("poll"),
    update: wants("update"),
    "admin.sign_up": wants("admin.sign_up"),
    "admin.report": wants("admin.report"),
  };
  const wish = data?.filledText("policy") ?? parameters.filledText("policy");
  return { alerts, policy: policies.find((policy) => policy === wish) ?? "all" };
}

function own(call: Call): KeptSubscription {
  const subscription = signedIn(call).kept.subscriptions.get(appOf(call));
  if (subscription === undefined) throw notFound();
  return subscription;
}

const appOf = ({ app }: Call): string => app?.id ?? "";

function rendered({ alerts, endpoint, id, isStandard, policy }: KeptSubscription): WebPushSubscription {
  return { id, endpoint, standard: isStandard, alerts, policy, server_key: serverKey };
}
