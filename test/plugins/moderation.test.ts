import { describe, expect, test } from "vitest";
import type { Account, Scope, Status } from "../../core/plugin.js";
import moderation from "../../plugins/moderation/index.js";
import { notification, person, post, relationship } from "./people.js";
import { mistakesIn, ride, type Answers, type Rider } from "./rider.js";

const spam = { name: "spam", match: { text: "buy" }, action: "mute" };
const everything: readonly Scope[] = ["write:mutes", "write:blocks", "write:reports"];
const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60 * 1000).toISOString();

function answersWith(following = false): Answers {
  const changed = ({ id }: Record<string, unknown>) => relationship(String(id));
  return {
    "accounts.relationships": ({ id }) => (id as string[]).map((one) => relationship(one, { following })),
    "accounts.mute": changed,
    "accounts.block": changed,
    "reports.create": () => ({ id: "r1" }),
  };
}

const rideWith = (rules: object[], { enforce = true, following = false, allow = everything } = {}) =>
  ride(moderation, { config: { enforce, rules }, answers: answersWith(following), allow });

const mention = (rider: Rider, status: Status) =>
  rider.handle("notification.mention", { notification: notification("mention", status.account, status) });

const offer = (overrides: Partial<Status> = {}) => post({ content: "<p>Buy <b>now</b></p>", ...overrides });

describe("conditions", () => {
  const links = '<a href="https://a.example">a</a> <a href="https://b.example" rel="nofollow">b</a>';
  const tags = '<a href="https://home.example/tags/x" class="mention hashtag" rel="tag">#x</a>';
  const names = '<a href="https://home.example/@bot" class="u-url mention">@bot</a>';
  const someone = { id: "1", username: "a", url: "", acct: "a" };

  test.each<[string, object, Partial<Status>, Partial<Account>, boolean]>([
    ["text in any case", { text: "hello" }, {}, {}, true],
    ["text over tags", { text: "hello world" }, { content: "<p>Hello <i>w</i>orld</p>" }, {}, true],
    ["no tags in the text", { text: "<p>|script" }, { content: '<p class="script">Hello</p>' }, {}, false],
    ["text in the warning", { text: "^casino$" }, { spoiler_text: "Casino" }, {}, true],
    ["another text", { text: "bye" }, {}, {}, false],
    ["the sender's server", { sender: "*@away.example" }, {}, {}, true],
    ["the sender's name", { sender: "ZOE" }, {}, {}, true],
    ["another sender", { sender: "*@other.example" }, {}, {}, false],
    ["a sender from here", { sender: "*@home.example" }, {}, { acct: "ann" }, true],
    ["a young account", { account_age_days_below: 3 }, {}, { created_at: daysAgo(2) }, true],
    ["an old account", { account_age_days_below: 3 }, {}, { created_at: daysAgo(4) }, false],
    ["many mentions", { mentions_above: 1 }, { mentions: [someone, someone] }, {}, true],
    ["few mentions", { mentions_above: 2 }, { mentions: [someone, someone] }, {}, false],
    ["many links", { links_above: 1 }, { content: links }, {}, true],
    ["tags and names are no links", { links_above: 2 }, { content: links + tags + names }, {}, false],
    ["a bot", { bot: true }, {}, { bot: true }, true],
    ["no bot", { bot: true }, {}, {}, false],
    ["a person", { bot: false }, {}, {}, true],
    ["all of two", { bot: false, text: "hello" }, {}, {}, true],
    ["one of two", { bot: true, text: "hello" }, {}, {}, false],
  ])("%s", async (_name, match, status, account, holds) => {
    const rider = await rideWith([{ name: "rule", match, action: "block" }]);
    await mention(rider, post({ ...status, account: person(account) }));
    expect(rider.writes()).toHaveLength(holds ? 1 : 0);
  });

  test("a pattern that would take a backtracking engine for ever", async () => {
    const rider = await rideWith([{ name: "rule", match: { text: "^(a+)+$" }, action: "block" }]);
    await mention(rider, post({ content: `${"a".repeat(20_000)}b` }));
    expect(rider.writes()).toEqual([]);
  });
});

describe("actions", () => {
  const id = "id-zoe@away.example";

  test.each<[string, object, object]>([
    ["mutes for good", { action: "mute" }, { id, duration: 0 }],
    ["mutes for a while", { action: "mute", duration: "7d" }, { id, duration: 604_800 }],
    ["mutes for minutes", { action: "mute", duration: "30m" }, { id, duration: 1800 }],
    ["blocks", { action: "block" }, { id }],
    ["reports", { action: "report" }, { account_id: id, status_ids: ["s1"], comment: 'Found by the rule "spam"' }],
    [
      "reports in words",
      { action: "report", comment: "Spam" },
      { account_id: id, status_ids: ["s1"], comment: "Spam" },
    ],
  ])("%s", async (_name, action, params) => {
    const rider = await rideWith([{ ...spam, ...action }]);
    await mention(rider, offer());
    expect(rider.writes()).toEqual([params]);
    expect(rider.messages("info")).toHaveLength(1);
  });

  test("simulation is the default: it says what it would do and does nothing", async () => {
    const rider = await ride(moderation, { config: { rules: [spam] }, answers: answersWith(), allow: everything });
    await mention(rider, offer());
    await mention(rider, offer());
    expect(rider.writes()).toEqual([]);
    expect(rider.messages("info")).toEqual(['simulation: would mute zoe@away.example by the rule "spam"']);
  });

  test("enforcing after a simulation acts on those whom it has met", async () => {
    const simulated = await rideWith([spam], { enforce: false });
    await mention(simulated, offer());
    const rider = await rideWith([spam]);
    rider.stored = simulated.stored;
    await mention(rider, offer());
    expect(rider.writes()).toHaveLength(1);
  });

  test("an action that is not allowed: one warning that names the scope, and another rule still acts", async () => {
    const rider = await rideWith([spam, { ...spam, name: "spam too", action: "block" }], { allow: ["write:blocks"] });
    await mention(rider, offer());
    await mention(rider, offer());
    expect(rider.messages("warn")).toEqual([
      'the rule "spam" cannot mute: add write:mutes to the plugin\'s allow in accounts.yaml',
    ]);
    expect(rider.writes()).toEqual([{ id }]);
  });

  test("one action per person and rule", async () => {
    const rider = await rideWith([spam, { ...spam, name: "spam too", action: "report" }]);
    await mention(rider, offer());
    await mention(rider, offer({ id: "s2" }));
    await mention(rider, offer({ id: "s3", account: person({ acct: "max@away.example" }) }));
    expect(rider.sent.map(({ key }) => key).filter(Boolean)).toEqual([
      "mute/spam/id-zoe@away.example",
      "report/spam too/id-zoe@away.example",
      "mute/spam/id-max@away.example",
      "report/spam too/id-max@away.example",
    ]);
  });

  test("what is remembered is bounded", async () => {
    const rider = await rideWith([spam]);
    for (let i = 0; i < 1005; i += 1) await mention(rider, offer({ account: person({ acct: `p${i}@away.example` }) }));
    expect(rider.stored.size).toBe(1000 + 1);
    await mention(rider, offer({ account: person({ acct: "p1004@away.example" }) }));
    expect(rider.writes()).toHaveLength(1005);
  });

  test("what one event puts into state leaves another person's event alone, though they are handled together", async () => {
    const rider = await rideWith([spam]);
    const people = ["a@away.example", "b@away.example"].map((acct) => offer({ account: person({ acct }) }));
    await Promise.all(people.map((status) => mention(rider, status)));
    for (const status of people) await mention(rider, status);
    expect(rider.writes()).toHaveLength(2);
  });

  test("a report comes after everything that might fail", async () => {
    const rider = await rideWith([
      { ...spam, action: "report" },
      { ...spam, name: "spam too" },
    ]);
    await mention(rider, offer());
    expect(rider.sent.map(({ operation }) => operation)).toEqual([
      "accounts.relationships",
      "accounts.mute",
      "reports.create",
    ]);
  });

  test("a second attempt after a failure half-way doubles nothing", async () => {
    let failing = true;
    const rider = await ride(moderation, {
      config: {
        enforce: true,
        rules: [
          { ...spam, action: "block" },
          { ...spam, name: "spam too" },
        ],
      },
      answers: {
        ...answersWith(),
        "accounts.mute": () => {
          if (failing) throw new Error("connection lost");
          return relationship(id);
        },
      },
      allow: everything,
    });
    const status = offer();
    const call = { notification: notification("mention", status.account, status) };
    const invocation = rider.invocation("notification.mention", call);
    await expect(invocation.attempt()).rejects.toThrow("connection lost");
    failing = false;
    await invocation.attempt();
    expect(rider.writes("accounts.block")).toHaveLength(1);
    expect(rider.writes("accounts.mute")).toHaveLength(2);
  });
});

describe("whom it spares", () => {
  test("itself", async () => {
    const rider = await rideWith([{ ...spam, even_followed: true }]);
    await mention(rider, offer({ account: person({ id: "me", acct: "bot" }) }));
    expect(rider.sent).toEqual([]);
  });

  test("people whom the account follows, unless the rule says otherwise", async () => {
    const rules = [spam, { ...spam, name: "even friends", action: "block", even_followed: true }];
    const rider = await rideWith(rules, { following: true });
    await mention(rider, offer());
    expect(rider.writes("accounts.mute")).toEqual([]);
    expect(rider.writes("accounts.block")).toHaveLength(1);
  });

  test("asks about the sender only where a rule concerns the post", async () => {
    const rider = await rideWith([spam]);
    await mention(rider, post());
    expect(rider.sent).toEqual([]);
  });
});

describe("where it looks", () => {
  test.each<[string, object[], string[]]>([
    ["mentions unless a rule says otherwise", [spam], ["notification.mention"]],
    ["only where it says", [{ ...spam, on: ["local"] }], ["timeline.local"]],
    [
      "wherever any rule does",
      [
        { ...spam, on: ["home", "mentions"] },
        { ...spam, name: "b", on: ["public"] },
      ],
      ["notification.mention", "timeline.home", "timeline.public"],
    ],
  ])("%s", async (_name, rules, events) => {
    expect([...(await rideWith(rules)).handlers.keys()]).toEqual(events);
  });

  test("a rule sees only the posts of its own places", async () => {
    const rider = await rideWith([
      { ...spam, on: ["home"] },
      { ...spam, name: "b", on: ["local"], action: "block" },
    ]);
    await rider.handle("timeline.local", { status: offer() });
    expect(rider.writes("accounts.mute")).toEqual([]);
    expect(rider.writes("accounts.block")).toHaveLength(1);
  });

  test("a boost is its author's, not the booster's", async () => {
    const rider = await rideWith([{ ...spam, on: ["home"] }]);
    const boost = post({ content: "", account: person({ acct: "friend@away.example" }), reblog: offer() });
    await rider.handle("timeline.home", { status: boost });
    expect(rider.writes()).toEqual([{ id: "id-zoe@away.example", duration: 0 }]);
  });
});

describe("configuration", () => {
  test.each<[string, unknown, string]>([
    ["no rules", { rules: [] }, "rules: rules is empty: write at least one"],
    [
      "a broken pattern",
      { rules: [{ ...spam, match: { text: "(buy" } }] },
      "rules.0.match.text: not a regular expression: missing closing ): `(buy`",
    ],
    [
      "a look-ahead",
      { rules: [spam, { ...spam, name: "b", match: { text: "a(?=b)" } }] },
      "rules.1.match.text: not a regular expression: invalid or unsupported Perl syntax: `(?=`",
    ],
    [
      "an empty pattern",
      { rules: [{ ...spam, match: { text: "" } }] },
      "rules.0.match.text: an empty pattern would match everything",
    ],
    [
      "no condition",
      { rules: [{ ...spam, match: {} }] },
      "rules.0.match: a rule without a condition would match everyone: give at least one",
    ],
    [
      "an unknown condition",
      { rules: [{ ...spam, match: { texts: "a", bot: true } }] },
      'rules.0.match: Unrecognized key: "texts"',
    ],
    [
      "an unknown action",
      { rules: [{ ...spam, action: "ban" }] },
      'rules.0.action: Invalid option: expected one of "mute"|"block"|"report"',
    ],
    ["nowhere", { rules: [{ ...spam, on: [] }] }, "rules.0.on: on is empty: leave it out for mentions"],
    [
      "a comment on a mute",
      { rules: [{ ...spam, comment: "x" }] },
      "rules.0.comment: only a report has a comment: leave it out",
    ],
    [
      "a duration of a block",
      { rules: [{ ...spam, action: "block", duration: "1d" }] },
      "rules.0.duration: only a mute has a duration: leave it out",
    ],
    [
      "a duration in words",
      { rules: [{ ...spam, duration: "a week" }] },
      'rules.0.duration: not a duration: write minutes, hours, days or weeks as in "30m", "12h", "7d", "2w"',
    ],
    [
      "a name twice",
      { rules: [spam, spam] },
      'rules.1.name: another rule is called "spam" already: names tell in the log which one it was',
    ],
    [
      "no handle",
      { rules: [{ ...spam, match: { sender: "a b" } }] },
      'rules.0.match.sender: not a handle: write "name", "name@host" or "*@host"',
    ],
  ])("%s", (_name, config, mistake) => {
    expect(mistakesIn(moderation, config)).toEqual([mistake]);
  });
});
