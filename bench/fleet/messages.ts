/** What the server of the fleet benches is asked for, over its channel. */
export type Order =
  /** Answers how many sockets are subscribed now. */
  | { readonly ask: "sockets" }
  /** Answers how many requests it has had so far. */
  | { readonly ask: "requests" }
  /** Answers how many timelines it was asked for so far. */
  | { readonly ask: "timelines" }
  /** Sends statuses, spread over the sockets; `everyMs` 0: as fast as they are taken. Answers when all are sent. */
  | { readonly ask: "burst"; readonly events: number; readonly everyMs: number };

/** What it answers; its first message is the origin. */
export interface Answered {
  readonly value: number;
}

/** How the token of an account and its person are named. */
export const tokenOf = (account: number): string => `token-of-the-bench-${account}`;
export const accountName = (account: number): string => `bot${account}`;

/** What a bare side is asked to do: hold sockets, and say when so many events came. */
export interface BareOrder {
  readonly origin: string;
  readonly accounts: number;
  /** Whether each account is verified before its socket is opened, at the product's own pace. */
  readonly verifyFirst?: boolean;
}
