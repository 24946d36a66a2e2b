import type { Account, Role, Status } from "./entities.js";
import type { Rule } from "./instance-entities.js";
import type { ReportCategory } from "./notification-entities.js";
import type { Tag } from "./social-entities.js";

/** What moderators see. @see https://docs.joinmastodon.org/methods/admin/ */

/** @see https://docs.joinmastodon.org/entities/Admin_Account/ */
export interface AdminAccount {
  id: string;
  username: string;
  /** Null for the server's own people. */
  domain: string | null;
  created_at: string;
  /** Null for people of other servers, as what else is known of a sign-up only. */
  email: string | null;
  ip: string | null;
  ips: { ip: string; used_at: string }[];
  locale: string | null;
  invite_request: string | null;
  role: Role | null;
  confirmed: boolean | null;
  approved: boolean | null;
  disabled: boolean | null;
  silenced: boolean;
  suspended: boolean;
  sensitized: boolean;
  account: Account;
  created_by_application_id?: string | null;
  invited_by_account_id?: string | null;
}

/** @see https://docs.joinmastodon.org/entities/Admin_Report/ */
export interface AdminReport {
  id: string;
  action_taken: boolean;
  action_taken_at: string | null;
  category: ReportCategory;
  comment: string;
  forwarded: boolean;
  created_at: string;
  updated_at: string;
  account: AdminAccount;
  target_account: AdminAccount;
  assigned_account: AdminAccount | null;
  action_taken_by_account: AdminAccount | null;
  statuses: Status[];
  rules: Rule[];
}

/** @see https://docs.joinmastodon.org/entities/Tag/#admin */
export interface AdminTag extends Tag {
  trendable: boolean;
  usable: boolean;
  requires_review: boolean;
}

/** @see https://docs.joinmastodon.org/entities/Admin_Cohort/ */
export interface AdminCohort {
  period: string;
  frequency: "day" | "month";
  data: { date: string; rate: number; value: string }[];
}

/** @see https://docs.joinmastodon.org/entities/Admin_Dimension/ */
export interface AdminDimension {
  key: string;
  data: { key: string; human_key: string; value: string; unit?: string; human_value?: string }[];
}

/** @see https://docs.joinmastodon.org/entities/Admin_Measure/ */
export interface AdminMeasure {
  key: string;
  unit: string | null;
  /** A number, as a string. */
  total: string;
  human_value?: string | null;
  previous_total?: string | null;
  data: { date: string; value: string }[];
}

/** @see https://docs.joinmastodon.org/entities/Admin_DomainAllow/ */
export interface AdminDomainAllow {
  id: string;
  domain: string;
  created_at: string;
}

/** @see https://docs.joinmastodon.org/entities/Admin_DomainBlock/ */
export interface AdminDomainBlock {
  id: string;
  domain: string;
  /** SHA256 of the domain. Since 4.3. */
  digest?: string;
  created_at: string;
  severity: "silence" | "suspend" | "noop";
  reject_media: boolean;
  reject_reports: boolean;
  private_comment: string | null;
  public_comment: string | null;
  obfuscate: boolean;
}

/** @see https://docs.joinmastodon.org/entities/Admin_EmailDomainBlock/ */
export interface AdminEmailDomainBlock {
  id: string;
  domain: string;
  created_at: string;
  /** How many tried to sign up from there; numbers are strings. */
  history: { day: string; accounts: string; uses: string }[];
}

export type IpBlockSeverity = "sign_up_requires_approval" | "sign_up_block" | "no_access";

/** @see https://docs.joinmastodon.org/entities/Admin_IpBlock/ */
export interface AdminIpBlock {
  id: string;
  /** With its prefix length. */
  ip: string;
  severity: IpBlockSeverity;
  comment: string;
  created_at: string;
  expires_at: string | null;
}

/** @see https://docs.joinmastodon.org/entities/Admin_CanonicalEmailBlock/ */
export interface AdminCanonicalEmailBlock {
  id: string;
  canonical_email_hash: string;
}
