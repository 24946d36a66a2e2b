import type { FilterAction, FilterContext } from "../../core/mastodon/filter-entities.js";
import type { MediaAttachment, Visibility } from "../../core/mastodon/entities.js";
import type {
  NotificationFilter,
  NotificationType,
  PushAlerts,
  PushPolicy,
  Report,
} from "../../core/mastodon/notification-entities.js";
import type { ListRepliesPolicy, Markers } from "../../core/mastodon/social-entities.js";
import type { NewDraft } from "./draft.js";

/** Something one person did to another or to a post, with the id that pages of it run over. */
export interface Edge<T> {
  readonly id: string;
  readonly target: T;
  readonly createdAt: number;
}

/** One person following another. */
export interface Follow extends Edge<Person> {
  readonly follower: Person;
  reblogs: boolean;
  notify: boolean;
  languages: string[] | null;
}

/** One person muting another. */
export interface Mute extends Edge<Person> {
  readonly notifications: boolean;
  readonly expiresAt: number | null;
}

/** A local account with everything that belongs to it. Maps are keyed by the other person's or the post's id. */
export interface Person {
  readonly id: string;
  readonly username: string;
  readonly createdAt: number;
  displayName: string;
  note: string;
  fields: { name: string; value: string }[];
  locked: boolean;
  discoverable: boolean;
  bot: boolean;
  /** Set once the person chose the label themselves; from then on the sandbox leaves it. */
  botChosen: boolean;
  suspended: boolean;
  lastPostAt: number | null;
  readonly following: Map<string, Follow>;
  readonly followers: Map<string, Follow>;
  /** Follow requests that wait for this person. */
  readonly requests: Map<string, Follow>;
  readonly blocks: Map<string, Edge<Person>>;
  readonly mutes: Map<string, Mute>;
  readonly favourites: Map<string, Edge<Post>>;
  readonly bookmarks: Map<string, Edge<Post>>;
  readonly kept: Kept;
  /** Oldest first. */
  posts: Post[];
  /** Oldest first. */
  notifications: Notice[];
}

/** A status, or a reblog of one. */
export interface Post {
  readonly id: string;
  readonly author: Person;
  readonly createdAt: number;
  readonly visibility: Visibility;
  readonly replyTo: { readonly id: string; readonly author: Person } | null;
  readonly reblogOf: Post | null;
  readonly application: { readonly name: string; readonly website: string | null } | null;
  text: string;
  spoilerText: string;
  sensitive: boolean;
  language: string | null;
  editedAt: number | null;
  media: Media[];
  poll: Poll | null;
  mentions: Person[];
  tags: string[];
  /** By the id of who favourited. */
  readonly favouritedBy: Map<string, Edge<Person>>;
  /** The reblogs, by the id of who reblogged. */
  readonly reblogs: Map<string, Post>;
  /** Direct replies, oldest first. */
  replies: Post[];
  /** What it was before each edit, oldest first. */
  readonly versions: Version[];
}

/** A poll of a post. */
export interface Poll {
  readonly id: string;
  readonly expiresAt: number;
  readonly multiple: boolean;
  readonly hideTotals: boolean;
  readonly options: readonly string[];
  /** Chosen options by the voter's id. */
  readonly votes: Map<string, readonly number[]>;
  readonly voters: Map<string, Person>;
  readonly timer: NodeJS.Timeout;
}

/** An uploaded file. */
export interface Media {
  readonly id: string;
  readonly owner: Person;
  readonly type: MediaAttachment["type"];
  readonly contentType: string;
  readonly bytes: Uint8Array;
  readonly readyAt: number;
  description: string | null;
  focus: { x: number; y: number } | null;
  postId: string | null;
}

/** A notification as it waits for its receiver. */
export interface Notice {
  readonly id: string;
  readonly type: NotificationType;
  readonly createdAt: number;
  readonly from: Person;
  readonly post: Post | null;
  readonly groupKey: string;
}

/** A report that somebody filed. */
export interface FiledReport {
  readonly id: string;
  readonly by: Person;
  readonly target: Person;
  readonly createdAt: number;
  readonly category: Report["category"];
  readonly comment: string;
  readonly forwarded: boolean;
  readonly statusIds: readonly string[];
  readonly ruleIds: readonly string[];
}

/** A list of people. */
export interface KeptList {
  readonly id: string;
  title: string;
  repliesPolicy: ListRepliesPolicy;
  exclusive: boolean;
  /** By the person's id. */
  readonly members: Map<string, Edge<Person>>;
}

/** Direct posts of the same people in one thread, as one of them keeps them. */
export interface KeptConversation {
  readonly id: string;
  /** Of the thread and the people. */
  readonly key: string;
  readonly others: readonly Person[];
  /** Oldest first. */
  posts: Post[];
  unread: boolean;
}

/** Where push messages would go. */
export interface KeptSubscription {
  readonly id: string;
  readonly endpoint: string;
  readonly isStandard: boolean;
  readonly alerts: PushAlerts;
  readonly policy: PushPolicy;
}

/** What a post was before an edit. */
export interface Version {
  readonly text: string;
  readonly spoilerText: string;
  readonly sensitive: boolean;
  readonly media: readonly Media[];
  readonly options: readonly string[] | null;
  readonly createdAt: number;
}

/** A filter; the sandbox keeps it, and filters nothing. */
export interface KeptFilter {
  readonly id: string;
  title: string;
  context: FilterContext[];
  action: FilterAction;
  expiresAt: number | null;
  /** By id. */
  readonly keywords: Map<string, { readonly id: string; keyword: string; wholeWord: boolean }>;
  /** By id. */
  readonly statuses: Map<string, { readonly id: string; readonly statusId: string }>;
}

/** A post that is to come. */
export interface Scheduled {
  readonly id: string;
  readonly draft: NewDraft;
  at: number;
  timer: NodeJS.Timeout;
}

/** What a person keeps for themselves, and nobody else sees. */
export interface Kept {
  /** By id, as filters and scheduled posts are. */
  readonly lists: Map<string, KeptList>;
  readonly filters: Map<string, KeptFilter>;
  readonly scheduled: Map<string, Scheduled>;
  /** By the tag's name. */
  readonly followedTags: Map<string, Edge<string>>;
  readonly featuredTags: Map<string, Edge<string>>;
  /** By id. */
  readonly conversations: Map<string, KeptConversation>;
  /** By the app's id. */
  readonly subscriptions: Map<string, KeptSubscription>;
  /** By the domain. */
  readonly domainBlocks: Map<string, Edge<string>>;
  /** By the other person's id. */
  readonly notes: Map<string, string>;
  readonly endorsed: Map<string, Edge<Person>>;
  /** Ids of posts. */
  readonly pinned: Set<string>;
  readonly mutedThreads: Set<string>;
  markers: Markers;
  policy: Record<PolicyKey, NotificationFilter>;
}

/** Whose notifications a policy is about. */
export type PolicyKey =
  | "for_not_following"
  | "for_not_followers"
  | "for_new_accounts"
  | "for_private_mentions"
  | "for_limited_accounts";
