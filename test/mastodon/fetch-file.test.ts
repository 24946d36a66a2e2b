import { expect, onTestFinished, test } from "vitest";
import { fetchFile } from "../../core/mastodon/fetch-file.js";
import { collectGarbage } from "../support/garbage.js";
import { httpServer, type LocalServer } from "./local-server.js";

const options = {
  userAgent: "howdah-test",
  maxBytes: 1_000,
  timeoutMs: 10_000,
  signal: new AbortController().signal,
  allowLoopback: true,
};

async function server(reply: Parameters<typeof httpServer>[0]): Promise<LocalServer> {
  const local = await httpServer(reply);
  onTestFinished(() => local.close());
  return local;
}

const picture = () =>
  server((response) => response.writeHead(200, { "content-type": "image/png; x=1" }).end("picture"));

test("a file comes with its type, and is asked for by name, without a token", async () => {
  const local = await picture();
  const blob = await fetchFile(`${local.origin}/a.png`, options);
  expect([blob.type, await blob.text()]).toEqual(["image/png", "picture"]);
  expect(local.requests[0]?.headers).toMatchObject({ "user-agent": "howdah-test" });
  expect(local.requests[0]?.headers.authorization).toBeUndefined();
});

test("this machine is not asked unless the account's server is here too: by address, by name, through a redirect", async () => {
  const local = await picture();
  const named = local.origin.replace("127.0.0.1", "localhost");
  for (const address of [local.origin, named, `http://[::1]:${local.port}`, `http://2130706433:${local.port}`]) {
    await expect(fetchFile(address, { ...options, allowLoopback: false })).rejects.toMatchObject({
      code: "UPLOAD_FAILED",
      failure: "private_address",
    });
  }
  expect(local.connections()).toBe(0);
});

test.each(["http://10.0.0.1/", "http://169.254.169.254/latest/", "http://[fd00::1]/", "//192.168.0.1/x"])(
  "a redirect to %s is not followed",
  async (location) => {
    const local = await server((response) => response.writeHead(302, { location }).end());
    await expect(fetchFile(local.origin, options)).rejects.toMatchObject({ failure: "private_address" });
  },
);

test("a redirect on the way is followed, not without end", async () => {
  const local = await server((response, { url }) =>
    url === "/there" ? response.end("here") : response.writeHead(301, { location: "/there" }).end(),
  );
  expect(await (await fetchFile(local.origin, options)).text()).toBe("here");
  const circle = await server((response) => response.writeHead(301, { location: "/" }).end());
  await expect(fetchFile(circle.origin, options)).rejects.toMatchObject({ failure: "unreadable" });
  expect(circle.requests.length).toBe(4);
});

test.each([
  ["what is too large", (response: { end(text: string): void }) => response.end("x".repeat(1_001)), "too_large"],
  [
    "what is not there",
    (response: { writeHead(status: number): { end(): void } }) => response.writeHead(404).end(),
    "unreadable",
  ],
] as const)("%s is an error", async (_name, reply, failure) => {
  const local = await server(reply);
  await expect(fetchFile(local.origin, options)).rejects.toMatchObject({ failure });
});

test("a file that never ends is given up in time", async () => {
  const local = await server((response) => response.write("x"));
  await expect(fetchFile(local.origin, { ...options, timeoutMs: 200 })).rejects.toMatchObject({ failure: "deadline" });
});

test("a server that says nothing is given up in time, whatever the collector takes meanwhile", async () => {
  collectGarbage();
  const local = await server(() => undefined);
  await expect(fetchFile(local.origin, { ...options, timeoutMs: 300 })).rejects.toMatchObject({ failure: "deadline" });
});

test("a redirect is followed without waiting for the rest of what came with it", async () => {
  const local = await server((response, { url }) => {
    if (url === "/picture") response.end("picture");
    else response.writeHead(302, { location: "/picture", "content-length": 10 }).flushHeaders();
  });
  expect(await (await fetchFile(local.origin, options)).text()).toBe("picture");
});

test.each(["ftp://example.org/x", "file:///etc/passwd", "http://a:b@example.org/", "x"])(
  "%s is no address",
  async (address) => {
    await expect(fetchFile(address, options)).rejects.toMatchObject({ failure: "unreadable" });
  },
);
