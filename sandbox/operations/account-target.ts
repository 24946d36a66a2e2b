import type { Relationship } from "../../core/mastodon/social-entities.js";
import { renderRelationship } from "../render/account.js";
import { personById } from "../world/people.js";
import type { Person } from "../world/records.js";
import { signedIn, type Call } from "./call.js";

/** Whom the call is about; throws 404 for nobody. */
export const target = (call: Call): Person => personById(call.world, call.parameters.text("id"));

/** Changes how the signed-in person stands to whom the call is about, and shows it. */
export function related(call: Call, change: (me: Person, other: Person) => unknown): Relationship {
  const me = signedIn(call);
  const other = target(call);
  change(me, other);
  return renderRelationship(me, other);
}
