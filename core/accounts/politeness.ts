/** How much of a server's limits a fleet uses, where accounts.yaml does not say. */
export const usualShare = 0.8;

/** How many writes an hour go out at most. */
export interface Caps {
  /** Of one rider. */
  readonly riderPerHour: number;
  /** To one server, over all accounts of the fleet. */
  readonly serverPerHour: number;
}

/** The caps where accounts.yaml does not say. @see https://github.com/mastodon/mastodon/issues/9960 */
export const usualCaps: Caps = { riderPerHour: 60, serverPerHour: 300 };
