import { randomBytes } from "node:crypto";
import type { Person } from "../world/records.js";
import { sameSecret } from "./secrets.js";

/** A browser's visit. */
export interface Session {
  readonly id: string;
  /** The token that its forms carry. */
  readonly csrf: string;
  person: Person | undefined;
  /** Where to go on after the sign-in, as a path on this server. */
  returnTo: string | undefined;
  /** The request for authorization that asked for a fresh sign-in and has had it. */
  signedInFor: string | undefined;
}

/** The browsers that visit, by the cookie they carry. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();

  find(id: string | undefined): Session | undefined {
    return id === undefined ? undefined : this.#sessions.get(id);
  }

  start(): Session {
    const session: Session = {
      id: randomBytes(18).toString("base64url"),
      csrf: randomBytes(18).toString("base64url"),
      person: undefined,
      returnTo: undefined,
      signedInFor: undefined,
    };
    this.#sessions.set(session.id, session);
    return session;
  }

  end(session: Session): void {
    this.#sessions.delete(session.id);
  }
}

/** Whether a form came from one of the session's own pages. */
export function isOwnForm(session: Session, csrf: string | undefined): boolean {
  return csrf !== undefined && sameSecret(session.csrf, csrf);
}
