import type { LimitBucket } from "../mastodon/limits.js";
import type { Bucket, Operation } from "../mastodon/operation.js";
import type { RequestParams } from "../mastodon/request.js";

/** The buckets that a request counts in; one and the same array for all requests of a kind. */
export type Buckets = readonly LimitBucket[];

/**
 * In which buckets the upgrade to a socket counts. Mastodon's streaming is a process of its own, which its limits do not
 * reach; GoToSocial's is one more of the endpoints that its limit by address stands before.
 */
export const bucketsOfSocket: Buckets = ["address"];

/** In which buckets a call counts. Servers that have no such limit leave it out. */
export function bucketsOf(operation: Pick<Operation, "bucket" | "buckets">, params: RequestParams): Buckets {
  const { once, paged } = operation.buckets.length < 2 ? kinds[operation.bucket] : kindOfSeveral(operation.buckets);
  return isPaging(params) ? paged : once;
}

interface Kind {
  readonly once: Buckets;
  readonly paged: Buckets;
}

const kinds: Readonly<Record<Bucket, Kind>> = {
  default: kindOf([]),
  media: kindOf(["media"]),
  deletes: kindOf(["deletes"]),
  statuses: kindOf(["statuses"]),
  follows: kindOf(["follows"]),
  reports: kindOf(["reports"]),
};

const kindsOfSeveral = new WeakMap<Buckets, Kind>();

function kindOfSeveral(special: Buckets): Kind {
  const kind = kindsOfSeveral.get(special) ?? kindOf(special);
  kindsOfSeveral.set(special, kind);
  return kind;
}

function kindOf(special: Buckets): Kind {
  return {
    once: ["token", "account", ...special, "address"],
    paged: ["token", "account", ...special, "paging", "address"],
  };
}

function isPaging(params: RequestParams): boolean {
  return isSent(params["max_id"]) || isSent(params["min_id"]) || isSent(params["since_id"]) || isSent(params["page"]);
}

function isSent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}
