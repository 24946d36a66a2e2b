import type { CustomEmoji } from "../entities.js";
import type {
  AsyncRefresh,
  DomainBlock,
  ExtendedDescription,
  Instance,
  InstanceActivity,
  InstanceV1,
  OEmbed,
  PrivacyPolicy,
  Rule,
  TermsOfService,
} from "../instance-entities.js";
import { operation } from "../operation.js";
import type { ById, None } from "./params.js";

/** @see https://docs.joinmastodon.org/methods/instance/ */
export const instance = {
  /** What the server is, and its limits in `configuration`. */
  get: operation<None, Instance>()("GET", "/api/v2/instance", { token: "public", since: "4.0" }),
  getV1: operation<None, InstanceV1>()("GET", "/api/v1/instance", { token: "public", since: "1.1" }),
  peers: operation<None, string[]>()("GET", "/api/v1/instance/peers", { token: "public", since: "2.1.2" }),
  activity: operation<None, InstanceActivity[]>()("GET", "/api/v1/instance/activity", {
    token: "public",
    since: "2.1.2",
  }),
  rules: operation<None, Rule[]>()("GET", "/api/v1/instance/rules", { token: "public", since: "3.4" }),
  domainBlocks: operation<None, DomainBlock[]>()("GET", "/api/v1/instance/domain_blocks", {
    token: "public",
    since: "4.0",
  }),
  extendedDescription: operation<None, ExtendedDescription>()("GET", "/api/v1/instance/extended_description", {
    token: "public",
    since: "4.0",
  }),
  privacyPolicy: operation<None, PrivacyPolicy>()("GET", "/api/v1/instance/privacy_policy", {
    token: "public",
    since: "4.0",
  }),
  termsOfService: operation<None, TermsOfService>()("GET", "/api/v1/instance/terms_of_service", {
    token: "public",
    since: "4.4",
  }),
  termsOfServiceOf: operation<{ /** `YYYY-MM-DD`. */ date: string }, TermsOfService>()(
    "GET",
    "/api/v1/instance/terms_of_service/{date}",
    { token: "public", since: "4.4" },
  ),
  translationLanguages: operation<None, Record<string, string[]>>()("GET", "/api/v1/instance/translation_languages", {
    token: "public",
    since: "4.2",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/custom_emojis/ */
export const customEmojis = {
  list: operation<None, CustomEmoji[]>()("GET", "/api/v1/custom_emojis", { token: "public", since: "2.0" }),
} as const;

/** @see https://docs.joinmastodon.org/methods/oembed/ */
export const oembed = {
  get: operation<{ url: string; maxwidth?: number; maxheight?: number }, OEmbed>()("GET", "/api/oembed", {
    token: "public",
    since: "1.0",
  }),
} as const;

/** @see https://docs.joinmastodon.org/methods/async_refreshes/ */
export const asyncRefreshes = {
  get: operation<ById, { async_refresh: AsyncRefresh }>()("GET", "/api/v1_alpha/async_refreshes/{id}", {
    scopes: ["read"],
    since: "4.4",
  }),
} as const;
