import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ScopeError, UploadError } from "../../core/errors.js";
import { httpServer } from "../mastodon/local-server.js";
import { startBot } from "./bot.js";

const png = () => new Blob(["picture"], { type: "image/png" });

async function fileServer() {
  const server = await httpServer((response) =>
    response.writeHead(200, { "content-type": "image/png" }).end("picture"),
  );
  onTestFinished(() => server.close());
  return server;
}

test("waits until the server has processed the file, which can be posted then", async () => {
  const bot = await startBot({ rules: { mediaProcessingMs: 400 } });
  const client = await bot.attempt("upload");
  const media = await client.media.upload({ file: png(), description: "a cat", focus: "0.5,-0.5" });
  expect(media).toMatchObject({ description: "a cat", meta: { focus: { x: 0.5, y: -0.5 } } });
  expect(media.url).not.toBeNull();
  const post = await client.statuses.create({ status: "look", media_ids: [media.id] });
  expect(post.media_attachments).toHaveLength(1);
});

test("takes a path, an address and a stream", async () => {
  const bot = await startBot();
  const client = await bot.attempt("sources");
  const path = join(await mkdtemp(join(tmpdir(), "howdah-")), "cat.png");
  await writeFile(path, "picture");
  const server = await fileServer();
  async function* stream() {
    yield new TextEncoder().encode("pic");
    yield new TextEncoder().encode("ture");
  }
  const uploads = [
    await client.media.upload({ path }),
    await client.media.upload({ url: `${server.origin}/cat.png` }),
    await client.media.upload({ stream: stream(), type: "image/png" }),
  ];
  for (const { url } of uploads) expect(await (await fetch(url ?? "")).text()).toBe("picture");
});

test("a handler that runs again gets what it uploaded, and fetches nothing", async () => {
  const bot = await startBot();
  const server = await fileServer();
  const source = { url: `${server.origin}/cat.png` };
  const before = await (await bot.attempt("again")).media.upload(source);
  const retried = await bot.attempt("again");
  expect((await retried.media.upload(source)).id).toBe(before.id);
  expect(server.requests.length).toBe(1);
  expect(bot.calls("media.create").length).toBe(1);
});

test("outside of the scopes, and in a set-up, nothing is fetched", async () => {
  const bot = await startBot();
  const server = await fileServer();
  const source = { url: server.origin };
  const client = await bot.attempt("fence", { permitted: new Set(["read"]) });
  await expect(client.media.upload(source)).rejects.toBeInstanceOf(ScopeError);
  await expect(bot.setUp().media.upload(source)).rejects.toMatchObject({ code: "WRITE_OUTSIDE_HANDLER" });
  expect(server.connections()).toBe(0);
});

test("a dry run fetches and sends nothing", async () => {
  const bot = await startBot({}, { dryRun: true });
  const server = await fileServer();
  await (await bot.attempt("dry")).media.upload({ url: server.origin });
  expect(server.connections()).toBe(0);
  expect(bot.simulated).toEqual(["tester media.create"]);
});

test("what cannot be read was not sent: a later attempt tries again", async () => {
  const bot = await startBot();
  const path = join(await mkdtemp(join(tmpdir(), "howdah-")), "cat.png");
  await expect((await bot.attempt("missing")).media.upload({ path })).rejects.toBeInstanceOf(UploadError);
  expect(await bot.states("missing")).toEqual(["void"]);
  await writeFile(path, "picture");
  expect((await (await bot.attempt("missing")).media.upload({ path })).url).not.toBeNull();
});

test("a file that the server cannot process is a typed error", async () => {
  const bot = await startBot({ rules: { mediaProcessingMs: 60_000 } });
  bot.sandbox.addFault({
    method: "GET",
    path: "/api/v1/media/{id}",
    action: { status: 422, json: { error: "Error processing" } },
  });
  const client = await bot.attempt("bad");
  await expect(client.media.upload({ file: png() })).rejects.toMatchObject({
    code: "UPLOAD_FAILED",
    failure: "processing",
  });
});

test("what is not processed before the deadline is waited for by the next attempt", async () => {
  const bot = await startBot({ rules: { mediaProcessingMs: 1_500 } });
  const short = await bot.attempt("slow", { deadline: Date.now() + 700 });
  await expect(short.media.upload({ file: png() })).rejects.toMatchObject({ failure: "deadline" });
  const media = await (await bot.attempt("slow")).media.upload({ file: png() });
  expect(media.url).not.toBeNull();
  expect(bot.calls("media.create").length).toBe(1);
});
