import "reflect-metadata";
import { expect, test } from "vitest";
import { UsedUpError } from "../../core/auth/outages.js";
import { findingsOf } from "../../core/cli/doctor-check.js";
import { accountChecks, type AccountSubject } from "../../core/cli/doctor-account.js";
import { reachable, type ServerSubject } from "../../core/cli/doctor-server.js";

const usedUp = new UsedUpError("https://a.example", 0);
const toKnow = {
  verdict: "warn",
  found: "https://a.example was not asked: what the fleet may ask of it from this address is used up for now",
  cure: "call this again later",
};

test("what there was no room to ask is known to be neither well nor wrong", async () => {
  const throws = {
    name: "a.check",
    look: () => {
      throw usedUp;
    },
  };
  expect(await findingsOf([throws], undefined)).toEqual([{ check: "a.check", ...toKnow }]);
  const server = { origin: "https://a.example", first: usedUp } as Partial<ServerSubject> as ServerSubject;
  expect(await findingsOf([reachable], server)).toEqual([{ check: "server.reachable", ...toKnow }]);
  const account = { asked: usedUp } as Partial<AccountSubject> as AccountSubject;
  const verified = accountChecks.filter(({ name }) => name === "account.verified");
  expect(await findingsOf(verified, account)).toEqual([{ check: "account.verified", ...toKnow }]);
});
