import { expect, test } from "vitest";
import { Turns } from "../../core/client/turns.js";

const late = () => new Error("too late");

function open() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { work: () => promise, resolve };
}

test("one side runs side by side, the other one after it", async () => {
  const turns = new Turns<"sending" | "looking">();
  const [one, other] = [open(), open()];
  const order: string[] = [];
  const turn = { deadline: Date.now() + 20_000, late };
  const sent = [one, other].map(({ work }) => turns.run("posts", "sending", { ...turn, work }));
  const looked = turns.run("posts", "looking", { ...turn, work: async () => void order.push("looked") });
  await turns.run("follows", "looking", { ...turn, work: async () => void order.push("elsewhere") });
  one.resolve();
  await sent[0];
  order.push("sent");
  other.resolve();
  await Promise.all([...sent, looked]);
  expect(order).toEqual(["elsewhere", "sent", "looked"]);
});

test("whoever waits for the other side goes before more of it", async () => {
  const turns = new Turns<"sending" | "looking">();
  const first = open();
  const order: string[] = [];
  const turn = { deadline: Date.now() + 20_000, late };
  const all = [
    turns.run("posts", "sending", { ...turn, work: first.work }),
    turns.run("posts", "looking", { ...turn, work: async () => void order.push("looked") }),
    turns.run("posts", "sending", { ...turn, work: async () => void order.push("sent") }),
  ];
  first.resolve();
  await Promise.all(all);
  expect(order).toEqual(["looked", "sent"]);
});

test("a turn that does not come before the deadline is not waited for, and its work not begun", async () => {
  const turns = new Turns<"sending" | "looking">();
  const first = open();
  let hasBegun = false;
  const sent = turns.run("posts", "sending", { deadline: Date.now() + 20_000, late, work: first.work });
  const work = async () => void (hasBegun = true);
  await expect(turns.run("posts", "looking", { deadline: Date.now() + 20, late, work })).rejects.toThrow("too late");
  first.resolve();
  await sent;
  // Its side is free now; whoever was refused does not come after all.
  await turns.run("posts", "looking", { deadline: Date.now() + 20_000, late, work: async () => undefined });
  expect(hasBegun).toBe(false);
});
