import { invalid, notFound } from "../refusal.js";
import { nothingKept } from "./kept.js";
import type { Person } from "./records.js";
import type { World } from "./world.js";

const username = /^[a-z0-9_]{1,30}$/i;

/** Adds a local account; throws a `Refusal` for a name that Mastodon would not take. */
export function addPerson(world: World, name: string): Person {
  if (!username.test(name)) throw invalid("Username must contain only letters, numbers and underscores");
  if (world.peopleByName.has(name.toLowerCase())) throw invalid("Username has already been taken");
  const labelled = world.settings.label === "all";
  const person: Person = {
    id: world.ids.next(),
    username: name,
    createdAt: Date.now(),
    displayName: "",
    note: "",
    fields: [],
    locked: false,
    discoverable: true,
    bot: labelled,
    botChosen: false,
    suspended: false,
    lastPostAt: null,
    following: new Map(),
    followers: new Map(),
    requests: new Map(),
    blocks: new Map(),
    mutes: new Map(),
    favourites: new Map(),
    bookmarks: new Map(),
    kept: nothingKept(),
    posts: [],
    notifications: [],
  };
  world.people.set(person.id, person);
  world.peopleByName.set(name.toLowerCase(), person);
  return person;
}

/** Finds a person by `name`, `@name` or `name@host` where the host is this server. */
export function findByHandle(world: World, handle: string): Person | undefined {
  const [name = "", host] = handle.trim().replace(/^@/, "").split("@", 2);
  if (host !== undefined && host.toLowerCase() !== new URL(world.base).host) return undefined;
  return world.peopleByName.get(name.toLowerCase());
}

/** The person with this id; throws 404 for an unknown one. */
export function personById(world: World, id: string | undefined): Person {
  const person = id === undefined ? undefined : world.people.get(id);
  if (person === undefined) throw notFound();
  return person;
}
