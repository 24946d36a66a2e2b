import { expect, test } from "vitest";
import type { Account, Relationship } from "../../core/plugin.js";
import following from "../../plugins/following/index.js";
import { notification, person, relationship } from "./people.js";
import { mistakesIn, ride, type Answers, type Rider } from "./rider.js";

const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60 * 1000).toISOString();

function answersWith(between: Partial<Relationship> | "none" = {}): Answers {
  return {
    "accounts.relationships": ({ id }) =>
      between === "none" ? [] : (id as string[]).map((one) => relationship(one, between)),
    "accounts.follow": ({ id }) => relationship(String(id), { following: true }),
    "followRequests.authorize": ({ account_id }) => relationship(String(account_id)),
  };
}

const meet = (rider: Rider, type: "follow" | "follow_request", account: Account) =>
  rider.handle(`notification.${type}`, { notification: notification(type, account) });

test("follows back", async () => {
  const rider = await ride(following, { answers: answersWith() });
  await meet(rider, "follow", person());
  expect(rider.sent).toMatchObject([
    { operation: "accounts.relationships", params: { id: ["id-zoe@away.example"] } },
    { operation: "accounts.follow", params: { id: "id-zoe@away.example" } },
  ]);
  expect(rider.messages("info")).toEqual(["follows zoe@away.example back"]);
});

test.each<[string, Partial<Relationship> | "none", string[]]>([
  ["is followed already", { following: true }, []],
  ["was asked already", { requested: true }, []],
  ["blocks the account", { blocked_by: true }, ["blocks this account"]],
  ["is blocked", { blocking: true }, ["blocked by this account"]],
  ["is on a blocked server", { domain_blocking: true }, ["blocked by this account"]],
  ["is muted", { muting: true }, ["muted by this account"]],
  ["is gone", "none", ["suspended or gone"]],
])("who %s is left alone", async (_name, between, reasons) => {
  const rider = await ride(following, { answers: answersWith(between) });
  await meet(rider, "follow", person());
  expect(rider.writes()).toEqual([]);
  expect(rider.messages("info")).toEqual(reasons.map((reason) => `does not follow zoe@away.example back: ${reason}`));
});

test.each<[string, object, Partial<Account>, string | undefined]>([
  ["a bot", {}, { bot: true }, "labelled as a bot"],
  ["a bot where bots are welcome", { bots: true }, { bot: true }, undefined],
  ["a suspended account", {}, { suspended: true }, "suspended"],
  ["a moved account", {}, { moved: person({ acct: "zoe@new.example" }) }, "moved to another account"],
  [
    "who wants no bots",
    {},
    { note: "<p>Gardener. <a href='x'>#<span>NoBot</span></a></p>" },
    "asks bots to keep away (#nobot)",
  ],
  ["few posts", { min_statuses: 5 }, { statuses_count: 4 }, "fewer than 5 posts"],
  ["enough posts", { min_statuses: 5 }, { statuses_count: 5 }, undefined],
  ["a young account", { min_age_days: 7 }, { created_at: daysAgo(6) }, "younger than 7 days"],
  ["an old account", { min_age_days: 7 }, { created_at: daysAgo(8) }, undefined],
  ["an ignored handle", { ignore: ["@zoe@away.example"] }, {}, 'ignored by "@zoe@away.example"'],
  ["an ignored server", { ignore: ["*@AWAY.example"] }, {}, 'ignored by "*@AWAY.example"'],
  ["an ignored name", { ignore: ["z*"] }, {}, 'ignored by "z*"'],
  ["another server", { ignore: ["*@way.example", "zo", "*@away?example"] }, {}, undefined],
  ["a neighbour on an ignored server", { ignore: ["*@home.example"] }, { acct: "ann" }, 'ignored by "*@home.example"'],
])("%s", async (_name, config, account, reason) => {
  const rider = await ride(following, { config, answers: answersWith() });
  await meet(rider, "follow", person(account));
  expect(rider.writes()).toHaveLength(reason === undefined ? 1 : 0);
  expect(rider.messages("info")[0]).toContain(reason ?? "follows");
});

test("follow requests wait for a person unless they are to be accepted", async () => {
  expect([...(await ride(following)).handlers.keys()]).toEqual(["notification.follow"]);
  const rider = await ride(following, {
    config: { accept_requests: true },
    answers: answersWith({ followed_by: false }),
  });
  await meet(rider, "follow_request", person());
  expect(rider.writes()).toEqual([{ account_id: "id-zoe@away.example" }]);
});

test("a request that would not be followed back is not accepted, nor is one that was", async () => {
  const rider = await ride(following, {
    config: { accept_requests: true },
    answers: answersWith({ followed_by: false }),
  });
  await meet(rider, "follow_request", person({ bot: true }));
  expect(rider.messages("info")).toEqual(["leaves the request of zoe@away.example to a person: labelled as a bot"]);
  const late = await ride(following, {
    config: { accept_requests: true },
    answers: answersWith({ followed_by: true }),
  });
  await meet(late, "follow_request", person());
  expect([...rider.writes(), ...late.writes()]).toEqual([]);
});

test("a second attempt follows once", async () => {
  const rider = await ride(following, { answers: answersWith() });
  const invocation = rider.invocation("notification.follow", { notification: notification("follow", person()) });
  await invocation.attempt();
  await invocation.attempt();
  expect(rider.writes()).toHaveLength(1);
});

test.each<[string, object, string]>([
  ["an unknown option", { bot: true }, ': Unrecognized key: "bot"'],
  ["no handle", { ignore: ["a b"] }, 'ignore.0: not a handle: write "name", "name@host" or "*@host"'],
])("configuration: %s", (_name, config, mistake) => {
  expect(mistakesIn(following, config)).toEqual([mistake]);
});

test("configuration: none is needed", () => {
  expect(mistakesIn(following, undefined)).toEqual([]);
});
