import type { OperationName } from "../../core/mastodon/operations.js";
import type { Report } from "../../core/mastodon/notification-entities.js";
import type { FaultRule, FaultState } from "../http/faults.js";
import type { Parts } from "../http/parts.js";
import type { LoggedRequest } from "../http/request-log.js";
import { Parameters } from "../operations/parameters.js";
import type { Answer } from "../operations/perform.js";
import { refusedBecause, type Token } from "../oauth/token-store.js";
import { Refusal } from "../refusal.js";
import { renderReport } from "../render/report.js";
import type { ConnectionState } from "../streaming/connections.js";
import { addPerson } from "../world/people.js";
import type { Person } from "../world/records.js";
import { actByName, actByPath, actingAs, type Acting } from "./acting.js";

/** What a person would have agreed to on the pages. */
export interface GrantRequest {
  readonly user: string;
  readonly client_id: string;
  readonly redirect_uri: string;
  readonly scope: string;
  readonly code_challenge?: string | undefined;
  readonly code_challenge_method?: string | undefined;
}

/** An operation to carry out as a person: by its name, or by its method and path. */
export type ActRequest =
  | { readonly user: string; readonly operation: string; readonly params?: object | undefined }
  | { readonly user: string; readonly method: string; readonly path: string; readonly body?: object | undefined };

/** A person as the control surface shows them. */
export interface UserState {
  readonly user: string;
  readonly id: string;
  readonly bot: boolean;
  readonly suspended: boolean;
}

/** A report as the control surface shows it: with who filed it. */
export interface ReportState extends Report {
  readonly by: string;
}

/** All that a test may do to a server from behind. Throws `Refusal` (422) for input that makes no sense. */
export class Control {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Gives a code as if the person had walked the pages. */
  grant(request: GrantRequest): { code: string } {
    const person = this.#person(request.user);
    const { user: _user, ...parameters } = request;
    const checked = this.#parts.authorization.check(new Parameters({ ...parameters, response_type: "code" }));
    if ("refusal" in checked) throw new Refusal(422, checked.refusal.body);
    return { code: this.#parts.authorization.grant(person, checked) };
  }

  /** Every operation of the table as this person. */
  actAs(user: string): Acting {
    return actingAs(this.#parts, this.#person(user));
  }

  /** One operation as a person; what the server refuses is its answer, not an error. */
  act(request: ActRequest): Answer {
    const person = this.#person(request.user);
    if ("operation" in request) {
      return actByName(this.#parts, person, request.operation as OperationName, request.params ?? {});
    }
    const { method, path, body = {} } = request;
    return actByPath(this.#parts, person, { method, path, body });
  }

  /** Revokes one token (access or refresh) or all of a person; returns how many. */
  revoke(which: { readonly user: string } | { readonly token: string }): number {
    const tokens = "token" in which ? this.#tokenNamed(which.token) : this.#tokensOf(which.user);
    for (const token of tokens) this.#parts.tokens.revoke(token);
    return tokens.length;
  }

  /** Lets the access tokens of a person expire; refresh tokens stay good. Returns how many. */
  expire(user: string): number {
    const tokens = this.#tokensOf(user);
    for (const token of tokens) token.expiresAt = Date.now() - 1;
    return tokens.length;
  }

  /** Disables a person's login, or enables it again; their streams are closed. */
  suspend(user: string, suspended = true): void {
    this.#person(user).suspended = suspended;
    if (suspended) this.#parts.connections.each(user, (connection) => connection.close());
  }

  addFault(rule: FaultRule): number {
    return this.#parts.faults.add(rule);
  }

  faults(): FaultState[] {
    return this.#parts.faults.list();
  }

  /** Lets held requests go on: those of one rule, or all. */
  release(id?: number): void {
    this.#parts.faults.release(id);
  }

  clearFaults(): void {
    this.#parts.faults.clear();
  }

  streams(): ConnectionState[] {
    return this.#parts.connections.list();
  }

  /** Resolves as soon as the open streams are as wanted. */
  waitForStreams(isWanted: (open: ConnectionState[]) => boolean): Promise<ConnectionState[]> {
    return this.#parts.connections.waitFor(isWanted);
  }

  /** Cuts the streams of a person, or all; returns how many. */
  dropStreams(user?: string): number {
    return this.#parts.connections.each(user, (connection) => connection.cut());
  }

  /** Leaves streams open that neither send nor answer any more; returns how many. */
  halfOpenStreams(user?: string): number {
    return this.#parts.connections.each(user, (connection) => connection.freeze());
  }

  requests(): LoggedRequest[] {
    return this.#parts.log.list();
  }

  clearRequests(): void {
    this.#parts.log.clear();
  }

  /** Resolves with the first request, past or to come, that fits; a request is looked at when it comes and when it is answered. */
  waitForRequest(isWanted: (request: LoggedRequest) => boolean): Promise<LoggedRequest> {
    return this.#parts.log.waitFor(isWanted);
  }

  /** Every access token, refresh token, client secret and code that was ever given out. */
  issuedSecrets(): readonly string[] {
    return this.#parts.secrets.issued();
  }

  users(): UserState[] {
    return [...this.#parts.world.people.values()].map(({ username, id, bot, suspended }) => ({
      user: username,
      id,
      bot,
      suspended,
    }));
  }

  addUser(user: string): UserState {
    const { username, id, bot, suspended } = addPerson(this.#parts.world, user);
    return { user: username, id, bot, suspended };
  }

  reports(): ReportState[] {
    const { world } = this.#parts;
    return world.reports.map((report) => ({ ...renderReport(world, report), by: report.by.username }));
  }

  #person(user: string): Person {
    const person = this.#parts.world.peopleByName.get(user.toLowerCase());
    if (person === undefined) throw new Refusal(422, `user: there is nobody called ${user}`);
    return person;
  }

  #tokensOf(user: string): Token[] {
    const person = this.#person(user);
    return this.#parts.tokens.all().filter((token) => token.person === person && refusedBecause(token) === undefined);
  }

  #tokenNamed(text: string): Token[] {
    const token = this.#parts.tokens.find(text) ?? this.#parts.tokens.findByRefreshToken(text);
    return token === undefined ? [] : [token];
  }
}
