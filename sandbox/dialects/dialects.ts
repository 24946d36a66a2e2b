import { akkoma } from "./akkoma.js";
import type { Dialect } from "./dialect.js";
import { doorkeeper } from "./doorkeeper.js";
import { friendica } from "./friendica.js";
import { gotosocial } from "./gotosocial.js";
import { hollo } from "./hollo.js";
import { mastodon } from "./mastodon.js";
import { mitra } from "./mitra.js";
import { pixelfed } from "./pixelfed.js";
import { takahe } from "./takahe.js";

/** The server families that the sandbox can behave like: one row each. */
export const dialects = {
  mastodon,
  doorkeeper,
  gotosocial,
  akkoma,
  hollo,
  friendica,
  takahe,
  mitra,
  pixelfed,
} as const satisfies Record<string, Dialect>;

/** The name of a server family. */
export type DialectName = keyof typeof dialects;

/** Every name, Mastodon's first. */
export const dialectNames = Object.keys(dialects) as DialectName[];
