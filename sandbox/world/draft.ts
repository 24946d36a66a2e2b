import type { Visibility } from "../../core/mastodon/entities.js";

/** What a poll is made of. */
export interface PollDraft {
  readonly options: readonly string[];
  readonly expiresInSeconds: number;
  readonly multiple: boolean;
  readonly hideTotals: boolean;
}

/** What a person writes. */
export interface Draft {
  readonly text: string;
  readonly spoilerText: string;
  readonly sensitive: boolean;
  readonly language: string | null;
  readonly mediaIds: readonly string[];
  readonly poll: PollDraft | undefined;
}

/** What is fixed once a post exists. */
export interface NewDraft extends Draft {
  readonly visibility: Visibility;
  readonly inReplyToId: string | undefined;
  readonly application: { readonly name: string; readonly website: string | null } | null;
  readonly idempotencyKey: string | undefined;
}
