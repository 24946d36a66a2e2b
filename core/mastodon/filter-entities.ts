/** What accounts filter out. @see https://docs.joinmastodon.org/methods/filters/ */

export type FilterContext = "home" | "notifications" | "public" | "thread" | "account";

/** What is done with what matches; `blur` since 4.4. */
export type FilterAction = "warn" | "hide" | "blur";

/** @see https://docs.joinmastodon.org/entities/Filter/ */
export interface Filter {
  id: string;
  title: string;
  context: FilterContext[];
  expires_at: string | null;
  filter_action: FilterAction;
  /** Left out inside a `FilterResult`, as `statuses` is. */
  keywords?: FilterKeyword[];
  statuses?: FilterStatus[];
}

/** @see https://docs.joinmastodon.org/entities/FilterKeyword/ */
export interface FilterKeyword {
  id: string;
  keyword: string;
  whole_word: boolean;
}

/** @see https://docs.joinmastodon.org/entities/FilterStatus/ */
export interface FilterStatus {
  id: string;
  status_id: string;
}

/** Why a post is filtered. @see https://docs.joinmastodon.org/entities/FilterResult/ */
export interface FilterResult {
  filter: Filter;
  keyword_matches: string[] | null;
  status_matches: string[] | null;
}

/** One keyword of a filter, as before 4.0. @see https://docs.joinmastodon.org/entities/V1_Filter/ */
export interface V1Filter {
  id: string;
  phrase: string;
  context: FilterContext[];
  expires_at: string | null;
  irreversible: boolean;
  whole_word: boolean;
}
