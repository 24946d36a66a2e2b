import { expect, test } from "vitest";
import { guardedLookup, isLoopback, isPublic } from "../../core/mastodon/public-address.js";

test.each([
  "127.0.0.1",
  "127.9.9.9",
  "0.0.0.0",
  "10.1.2.3",
  "100.64.0.1",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "198.18.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "::ffff:10.0.0.1",
  "64:ff9b::a00:1",
  "fe80::1",
  "fc00::1",
  "fd12:3456::1",
  "ff02::1",
  "2001:db8::1",
  "2002:7f00:1::",
  "not an address",
])("%s is not on the internet", (address) => {
  expect(isPublic(address)).toBe(false);
});

test.each(["1.1.1.1", "9.9.9.9", "172.32.0.1", "100.128.0.1", "193.0.0.1", "2606:4700::1111", "2a01:4f8::1"])(
  "%s is on the internet",
  (address) => {
    expect(isPublic(address)).toBe(true);
  },
);

test("loopback is told apart", () => {
  expect(["127.0.0.1", "127.3.2.1", "::1"].map(isLoopback)).toEqual([true, true, true]);
  expect(["10.0.0.1", "::2", "1.1.1.1"].map(isLoopback)).toEqual([false, false, false]);
});

test("a name that leads to an address which is not permitted is not connected to", async () => {
  const resolved = (permitted: boolean) =>
    new Promise((resolve) =>
      guardedLookup(() => permitted)("localhost", {}, (error, address) => resolve(error ?? address)),
    );
  expect(await resolved(false)).toMatchObject({ code: "PRIVATE_ADDRESS" });
  expect(["127.0.0.1", "::1"]).toContain(await resolved(true));
});
