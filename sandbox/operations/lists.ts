import type { List } from "../../core/mastodon/social-entities.js";
import { invalid, notFound } from "../refusal.js";
import { renderAccount } from "../render/account.js";
import type { KeptList } from "../world/records.js";
import { personById } from "../world/people.js";
import { signedIn, type Call, type Handlers } from "./call.js";
import { accountLimits, page } from "./page.js";

/** @see https://docs.joinmastodon.org/methods/lists/ */
export const lists: Handlers<"lists"> = {
  list: (call) => [...signedIn(call).kept.lists.values()].map(renderList),
  get: (call) => renderList(ownList(call)),
  create: (call) => {
    const list: KeptList = {
      id: call.world.ids.next(),
      title: "",
      repliesPolicy: "list",
      exclusive: false,
      members: new Map(),
    };
    change(call, list);
    signedIn(call).kept.lists.set(list.id, list);
    return renderList(list);
  },
  update: (call) => {
    const list = ownList(call);
    change(call, list);
    return renderList(list);
  },
  delete: (call) => {
    signedIn(call).kept.lists.delete(ownList(call).id);
    return {};
  },
  accounts: (call) =>
    page(ownList(call).members.values(), call.parameters, accountLimits, ({ target }) =>
      renderAccount(call.world, target),
    ),
  addAccounts: (call) => {
    const me = signedIn(call);
    const list = ownList(call);
    const people = accountIds(call).map((id) => personById(call.world, id));
    if (people.some((person) => person !== me && !me.following.has(person.id))) throw notFound();
    if (people.some((person) => list.members.has(person.id))) throw invalid("Account has already been taken");
    for (const target of people) {
      list.members.set(target.id, { id: call.world.ids.next(), target, createdAt: Date.now() });
    }
    return {};
  },
  removeAccounts: (call) => {
    const list = ownList(call);
    for (const id of accountIds(call)) list.members.delete(id);
    return {};
  },
};

/** The signed-in person's list that the call names; throws 404 for another. */
export function ownList(call: Call, parameter = "id"): KeptList {
  const list = signedIn(call).kept.lists.get(call.parameters.text(parameter) ?? "");
  if (list === undefined) throw notFound();
  return list;
}

/** A list as its owner sees it. */
export function renderList({ id, title, repliesPolicy, exclusive }: KeptList): List {
  return { id, title, replies_policy: repliesPolicy, exclusive };
}

const accountIds = (call: Call): string[] => call.parameters.texts("account_ids") ?? [];

function change({ parameters }: Call, list: KeptList): void {
  const policy = parameters.filledText("replies_policy") ?? list.repliesPolicy;
  if (policy !== "followed" && policy !== "list" && policy !== "none") {
    throw invalid("Replies policy is not included in the list");
  }
  const title = parameters.text("title") ?? list.title;
  if (title.trim() === "") throw invalid("Title can't be blank");
  list.title = title;
  list.repliesPolicy = policy;
  list.exclusive = parameters.flag("exclusive") ?? list.exclusive;
}
