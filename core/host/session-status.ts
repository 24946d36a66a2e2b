import { hostname } from "node:os";
import { inject, injectable } from "tsyringe";
import type { Account } from "../accounts/account.js";
import type { Standing } from "../auth/auth-service.js";
import { scopeNotes } from "../auth/scope-notes.js";
import type { Hearing } from "../events/listen.js";
import type { Tenure } from "../jobs/ownership.js";
import type { Plugin } from "../plugin.js";
import { parseScopes } from "../mastodon/scopes.js";
import { neededScopes } from "./needed-scopes.js";
import { Servers } from "./servers.js";
import { isoTime, StatusBoard, type AccountStatus, type RiderStatus } from "./status.js";
import type { StatusWriter } from "./status-turns.js";
import { AccountToken, TenureToken } from "./tokens.js";

/** What the rest of the session knows at the moment of writing. */
export interface StatusSources {
  riders(): Promise<RiderStatus[]>;
}

/** Keeps the account's row of `bot status` true while this process owns it. */
@injectable()
export class SessionStatus implements StatusWriter {
  readonly #account: Account<Plugin>;
  readonly #tenure: Tenure;
  readonly #board: StatusBoard;
  readonly #servers: Servers;
  /** Without the person: of all that the server says of it, only its name is shown. */
  #standing: Standing | undefined;
  #username: string | undefined;
  #notes: { readonly of: number; readonly notes: readonly string[] } | undefined;
  #since = new Date().toISOString();
  #hearing: Hearing = { mode: "none", connected: false };
  #lastEventAt: number | undefined;
  #sources: StatusSources | undefined;

  constructor(
    @inject(AccountToken) account: Account<Plugin>,
    @inject(TenureToken) tenure: Tenure,
    @inject(StatusBoard) board: StatusBoard,
    @inject(Servers) servers: Servers,
  ) {
    this.#account = account;
    this.#tenure = tenure;
    this.#board = board;
    this.#servers = servers;
  }

  /** The sequence has ended this way. */
  async stands(standing: Standing): Promise<void> {
    const before = this.#standing ?? (await this.#board.read(this.#account.name))?.status;
    if (before?.state !== standing.state) this.#since = new Date().toISOString();
    else if ("since" in before) this.#since = before.since;
    this.#standing = { ...standing, person: undefined };
    this.#username = standing.person?.username;
    if (standing.state === "ready") void this.#note(standing);
    this.#board.turns.join(this);
    // What everybody knows already, as at a restart, need not be there before the account goes on.
    if (before?.state === standing.state) this.touch();
    else await this.write();
  }

  /** Once for each token: what its server makes of scopes. A server that does not say so is asked the next time. */
  async #note({ credentials }: Standing): Promise<void> {
    if (credentials === undefined || this.#notes?.of === credentials.generation) return;
    const needed = neededScopes(this.#account).scopes;
    const asked = credentials.appScopes === undefined ? needed : parseScopes(credentials.appScopes);
    const info = await this.#servers.info(this.#account.server).catch(() => undefined);
    if (info === undefined) return;
    const notes = scopeNotes(info, { asked, granted: credentials.scopes, needed });
    this.#notes = { of: credentials.generation, notes };
    if (notes.length > 0) this.touch();
  }

  /** Tells it where to ask for riders. */
  from(sources: StatusSources): void {
    this.#sources = sources;
  }

  hears(hearing: Hearing): void {
    this.#hearing = hearing;
    this.touch();
  }

  heard(): void {
    this.#lastEventAt = Date.now();
    this.touch();
  }

  /** Something has changed: it is written soon. */
  touch(): void {
    this.#board.turns.soon(this);
  }

  /** The last writing: nobody owns the account. */
  async letGo(): Promise<void> {
    this.#board.turns.leave(this);
    if (this.#standing === undefined) return;
    const status = await this.#compose(this.#standing);
    const row = { ...status, owner: null, stream: { ...status.stream, connected: false } };
    await this.#board.write(row).catch(() => undefined);
  }

  /** Writes it as it is now. */
  async write(): Promise<void> {
    this.#board.turns.forget(this);
    if (this.#standing === undefined || !this.#tenure.isValid()) return;
    // A Redis that is away is said elsewhere, and the next heartbeat writes again.
    await this.#compose(this.#standing)
      .then((status) => this.#board.write(status))
      .catch(() => undefined);
  }

  async #compose({ cure, credentials, missing, reason, state }: Standing): Promise<AccountStatus> {
    const account = this.#account;
    return {
      account: account.name,
      server: account.server,
      handle: this.#username ?? account.handle ?? null,
      state,
      reason,
      cure,
      since: this.#since,
      // Operators change it at any time: whoever shows it reads it itself.
      paused: null,
      dry_run: account.dryRun,
      scopes: {
        needed: neededScopes(account).scopes,
        granted: credentials?.scopes ?? [],
        missing,
        notes: this.#notes?.notes ?? [],
      },
      token:
        credentials === undefined
          ? null
          : {
              expires_at: isoTime(credentials.expiresAt),
              refreshable: credentials.refreshToken !== undefined,
              generation: credentials.generation,
            },
      stream: { ...this.#hearing, last_event_at: isoTime(this.#lastEventAt) },
      owner: { process: String(process.pid), host: hostname(), epoch: this.#tenure.epoch },
      riders: (await this.#sources?.riders()) ?? [],
      // The fleet counts together: whoever shows it reads the count itself.
      stragglers: 0,
      budget: [],
    };
  }
}
