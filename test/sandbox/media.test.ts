import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { ask, tokenFor, type Answered } from "./bot.js";

let sandbox: Sandbox;
let token: string;
async function start(mediaProcessingMs: number): Promise<void> {
  sandbox = await startSandbox({ rules: { mediaProcessingMs } });
  token = await tokenFor(sandbox, "alice");
}
beforeEach(() => start(0));
afterEach(() => sandbox.close());

function upload(type = "image/png", fields: Record<string, string> = {}): Promise<Answered> {
  const body = new FormData();
  body.set("file", new Blob([new Uint8Array([137, 80])], { type }), "file");
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  return ask(`${sandbox.url}/api/v2/media`, { token, body });
}
const post = (mediaIds: string[]): Promise<Answered> =>
  ask(`${sandbox.url}/api/v1/statuses`, { token, body: { status: "look", media_ids: mediaIds } });

describe("media", () => {
  it("is 202 while it is processed, then 206, and cannot be posted yet", async () => {
    await sandbox.close();
    await start(3_600_000);
    const uploaded = await upload();
    expect([uploaded.status, uploaded.body.url]).toEqual([202, null]);
    expect((await ask(`${sandbox.url}/api/v1/media/${uploaded.body.id as string}`, { token })).status).toBe(206);
    expect(await post([uploaded.body.id as string])).toMatchObject({
      status: 422,
      body: { error: "Cannot attach files that have not finished processing. Try again in a moment!" },
    });
  });

  it("is 200 in the end, keeps its words, and can be fetched", async () => {
    await sandbox.close();
    await start(30);
    const { body: uploaded } = await upload("image/png", { description: "two bytes", focus: "0.5,-1" });
    let answer = await ask(`${sandbox.url}/api/v1/media/${uploaded.id as string}`, { token });
    while (answer.status === 206) answer = await ask(`${sandbox.url}/api/v1/media/${uploaded.id as string}`, { token });
    expect(answer.body).toMatchObject({ type: "image", description: "two bytes", meta: { focus: { x: 0.5, y: -1 } } });
    const file = await fetch(answer.body.url as string);
    expect([...new Uint8Array(await file.arrayBuffer())]).toEqual([137, 80]);
    const path = `${sandbox.url}/api/v1/media/${uploaded.id as string}`;
    expect((await ask(path, { method: "PUT", token, body: { description: "new" } })).body.description).toBe("new");
    const stranger = await tokenFor(sandbox, "bob");
    expect((await ask(path, { token: stranger })).status).toBe(404);
  });

  it("is attached four at most, video alone, and once", async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, async () => (await upload()).body.id as string));
    expect((await post(ids)).body.error).toBe("Cannot attach more than 4 files");
    const video = (await upload("video/mp4")).body.id as string;
    expect((await post([video, ids[0] ?? ""])).status).toBe(422);
    const posted = await post(ids.slice(0, 4));
    expect(posted.body.media_attachments.map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 4));
    expect((await post([ids[0] ?? ""])).status).toBe(422);
    expect((await post(["1"])).status).toBe(422);
  });

  it("is refused where it is no picture, sound or film", async () => {
    expect((await upload("application/zip")).status).toBe(422);
    expect((await ask(`${sandbox.url}/api/v2/media`, { token, body: new FormData() })).status).toBe(422);
  });
});
