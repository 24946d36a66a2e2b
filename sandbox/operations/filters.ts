import type { Filter, FilterContext, FilterKeyword, FilterStatus } from "../../core/mastodon/filter-entities.js";
import { invalid, notFound } from "../refusal.js";
import type { KeptFilter } from "../world/records.js";
import { visiblePost } from "../world/visibility.js";
import { signedIn, type Call, type Handlers } from "./call.js";
import type { Parameters } from "./parameters.js";

type Keyword = KeptFilter["keywords"] extends Map<string, infer K> ? K : never;
type FilteredPost = KeptFilter["statuses"] extends Map<string, infer S> ? S : never;

/** Filters are kept, and filter nothing. @see https://docs.joinmastodon.org/methods/filters/ */
export const filters: Handlers<"filters"> = {
  list: (call) => [...own(call).values()].map(renderFilter),
  get: (call) => renderFilter(filterOf(call)),
  create: (call) => {
    const filter: KeptFilter = {
      id: call.world.ids.next(),
      title: "",
      context: [],
      action: "warn",
      expiresAt: null,
      keywords: new Map(),
      statuses: new Map(),
    };
    change(call, filter);
    own(call).set(filter.id, filter);
    return renderFilter(filter);
  },
  update: (call) => {
    const filter = filterOf(call);
    change(call, filter);
    return renderFilter(filter);
  },
  delete: (call) => {
    own(call).delete(filterOf(call).id);
    return {};
  },
  keywords: (call) => [...filterOf(call, "filter_id").keywords.values()].map(renderKeyword),
  addKeyword: (call) => renderKeyword(addKeyword(call, filterOf(call, "filter_id"), call.parameters)),
  getKeyword: (call) => renderKeyword(entryOf(call, "keywords").entry),
  updateKeyword: (call) => {
    const { entry } = entryOf(call, "keywords");
    entry.keyword = call.parameters.filledText("keyword") ?? entry.keyword;
    entry.wholeWord = call.parameters.flag("whole_word") ?? entry.wholeWord;
    return renderKeyword(entry);
  },
  removeKeyword: (call) => {
    const { entry, filter } = entryOf(call, "keywords");
    filter.keywords.delete(entry.id);
    return {};
  },
  statuses: (call) => [...filterOf(call, "filter_id").statuses.values()].map(renderFiltered),
  addStatus: (call) => {
    const filter = filterOf(call, "filter_id");
    const post = visiblePost(call.world, signedIn(call), call.parameters.text("status_id"));
    const entry: FilteredPost = { id: call.world.ids.next(), statusId: post.id };
    if ([...filter.statuses.values()].some(({ statusId }) => statusId === post.id)) {
      throw invalid("Status has already been taken");
    }
    filter.statuses.set(entry.id, entry);
    return renderFiltered(entry);
  },
  getStatus: (call) => renderFiltered(entryOf(call, "statuses").entry),
  removeStatus: (call) => {
    const { entry, filter } = entryOf(call, "statuses");
    filter.statuses.delete(entry.id);
    return renderFiltered(entry);
  },
};

const own = (call: Call): Map<string, KeptFilter> => signedIn(call).kept.filters;

function filterOf(call: Call, parameter = "id"): KeptFilter {
  const filter = own(call).get(call.parameters.text(parameter) ?? "");
  if (filter === undefined) throw notFound();
  return filter;
}

function entryOf(call: Call, kind: "keywords"): { filter: KeptFilter; entry: Keyword };
function entryOf(call: Call, kind: "statuses"): { filter: KeptFilter; entry: FilteredPost };
function entryOf(call: Call, kind: "keywords" | "statuses") {
  const id = call.parameters.text("id") ?? "";
  for (const filter of own(call).values()) {
    const entry = filter[kind].get(id);
    if (entry !== undefined) return { filter, entry };
  }
  throw notFound();
}

const contexts: readonly string[] = ["home", "notifications", "public", "thread", "account"] satisfies FilterContext[];

function change(call: Call, filter: KeptFilter): void {
  const { parameters } = call;
  const title = parameters.text("title") ?? filter.title;
  const context = parameters.texts("context") ?? filter.context;
  const action = parameters.filledText("filter_action") ?? filter.action;
  if (title.trim() === "") throw invalid("Title can't be blank");
  if (context.length === 0 || !context.every((one) => contexts.includes(one))) {
    throw invalid("Context None or invalid context supplied");
  }
  if (action !== "warn" && action !== "hide" && action !== "blur") throw invalid("Action is invalid");
  filter.title = title;
  filter.context = context as FilterContext[];
  filter.action = action;
  const seconds = parameters.integer("expires_in");
  if (seconds !== undefined) filter.expiresAt = seconds > 0 ? Date.now() + seconds * 1000 : null;
  for (const keyword of parameters.nestedList("keywords_attributes") ?? []) changeKeyword(call, filter, keyword);
}

function changeKeyword(call: Call, filter: KeptFilter, given: Parameters): void {
  const known = filter.keywords.get(given.text("id") ?? "");
  if (known === undefined) addKeyword(call, filter, given);
  else if (given.flag("_destroy") === true) filter.keywords.delete(known.id);
  else {
    known.keyword = given.filledText("keyword") ?? known.keyword;
    known.wholeWord = given.flag("whole_word") ?? known.wholeWord;
  }
}

function addKeyword(call: Call, filter: KeptFilter, given: Parameters): Keyword {
  const keyword = given.filledText("keyword");
  if (keyword === undefined) throw invalid("Keyword can't be blank");
  const entry: Keyword = { id: call.world.ids.next(), keyword, wholeWord: given.flag("whole_word") ?? true };
  filter.keywords.set(entry.id, entry);
  return entry;
}

function renderFilter(filter: KeptFilter): Filter {
  return {
    id: filter.id,
    title: filter.title,
    context: filter.context,
    expires_at: filter.expiresAt === null ? null : new Date(filter.expiresAt).toISOString(),
    filter_action: filter.action,
    keywords: [...filter.keywords.values()].map(renderKeyword),
    statuses: [...filter.statuses.values()].map(renderFiltered),
  };
}

const renderKeyword = ({ id, keyword, wholeWord }: Keyword): FilterKeyword => ({ id, keyword, whole_word: wholeWord });
const renderFiltered = ({ id, statusId }: FilteredPost): FilterStatus => ({ id, status_id: statusId });
