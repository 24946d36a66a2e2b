/** Accounts that somebody recommends. Since 4.6. @see https://docs.joinmastodon.org/entities/Collection/ */
export interface Collection {
  id: string;
  account_id: string;
  uri: string;
  url: string | null;
  name: string;
  description: string;
  language: string | null;
  local: boolean;
  sensitive: boolean;
  discoverable: boolean;
  tag: { name: string; url: string } | null;
  item_count: number;
  items: CollectionItem[];
  created_at: string;
  updated_at: string;
}

/** Since 4.6. @see https://docs.joinmastodon.org/entities/CollectionItem/ */
export interface CollectionItem {
  id: string;
  account_id?: string | null;
  state: "pending" | "accepted" | "rejected" | "revoked";
  created_at: string;
}
