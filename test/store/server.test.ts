import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { platform, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { HowdahError } from "../../core/errors.js";
import { connectRedis } from "../../core/store/redis.js";
import { openStore } from "../../core/store/server.js";

const server = ["redis-server", "valkey-server"].find((name) => spawnSync(name, ["--version"]).status === 0);
const path = process.env["PATH"];

const directories: string[] = [];
const members: Member[] = [];

afterEach(async () => {
  for (const member of members.splice(0)) member.child.kill("SIGKILL");
  for (const directory of directories.splice(0)) {
    for (const pid of serversOf(directory)) process.kill(pid, "SIGKILL");
    await delay(20);
    rmSync(directory, { recursive: true, force: true });
  }
});

function dataDirectory(...deeper: string[]): string {
  const directory = mkdtempSync(join(tmpdir(), "store-"));
  directories.push(directory);
  return join(directory, ...deeper);
}

/** The process ids of Redis servers that work in `directory`, as Linux tells. */
function serversOf(directory: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      const program = readFileSync(`/proc/${pid}/comm`, "utf8");
      return /(redis|valkey)-server/.test(program) && readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      return false; // It ended meanwhile.
    }
  });
}

interface Member {
  readonly child: ChildProcessWithoutNullStreams;
  /** The next line that it prints. */
  line(): Promise<string>;
  say(command: string): void;
}

function member(directory: string, ...more: string[]): Member {
  const script = join(import.meta.dirname, "member.ts");
  const child = spawn("node_modules/.bin/jiti", [script, directory, ...more], { detached: true });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const started: Member = {
    child,
    line: async () => String((await lines.next()).value),
    say: (command) => child.stdin.write(`${command}\n`),
  };
  members.push(started);
  return started;
}

async function ask(asked: Member, command: string): Promise<string> {
  asked.say(command);
  return asked.line();
}

/** A process that ends is seen for a moment after its connections closed. */
async function gone(directory: string): Promise<void> {
  await eventually(() => serversOf(directory).length === 0);
}

async function eventually(check: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !check(); tries += 1) await delay(50);
  expect(check()).toBe(true);
}

test("with a URL nothing is run here", async () => {
  const store = await openStore({ url: "redis://example.org:6379", dataDirectory: "/nowhere" });
  expect(store.address).toEqual({ url: "redis://example.org:6379" });
  await store.release();
});

test("without a server's program: what is missing and what to type", async () => {
  const opening = openStore({ dataDirectory: dataDirectory(), path: "/nowhere" });
  await expect(opening).rejects.toMatchObject({
    code: "REDIS_MISSING",
    cure: expect.stringMatching(/^install one \(.*redis.*\), or set REDIS_URL/),
  });
});

test("a data directory that cannot be made is the operator's mistake", async () => {
  const file = dataDirectory("file");
  writeFileSync(file, "");
  const opening = openStore({ dataDirectory: join(file, "data"), path });
  await expect(opening).rejects.toMatchObject({ code: "CONFIG_INVALID", cure: expect.stringContaining("BOT_DATA") });
});

describe.skipIf(server === undefined || platform() !== "linux")("with a server's program", () => {
  test("durable settings, no port, a private directory", async () => {
    const directory = dataDirectory();
    const store = await openStore({ dataDirectory: directory, path });
    const redis = await connectRedis(store.address);
    const setting = async (name: string) => String(await redis.config("GET", name));
    expect(await setting("port")).toBe("port,0");
    expect(await setting("appendonly")).toBe("appendonly,yes");
    expect(await setting("appendfsync")).toBe("appendfsync,always");
    expect(await setting("maxmemory-policy")).toBe("maxmemory-policy,noeviction");
    expect(statSync(join(directory, "redis")).mode & 0o777).toBe(0o700);
    redis.disconnect();
    await Promise.all([store.release(), store.release()]);
    await gone(directory);
  });

  test("two at once share one server, the last one out stops it, the data stays", async () => {
    const directory = dataDirectory();
    const [one, other] = [member(directory), member(directory)];
    expect(await one.line()).toMatch(/^open /);
    expect(await other.line()).toMatch(/^open /);
    expect(serversOf(directory)).toHaveLength(1);
    expect(await ask(one, "set colour grey")).toBe("OK");
    expect(await ask(one, "leave")).toBe("left");
    expect(await ask(other, "get colour")).toBe("grey");
    expect(await ask(other, "leave")).toBe("left");
    await gone(directory);
    const again = member(directory);
    await again.line();
    expect(await ask(again, "get colour")).toBe("grey");
    expect(await ask(again, "leave")).toBe("left");
  });

  test("the server survives kill -9 of its starter, the next one joins it and stops it", async () => {
    const directory = dataDirectory();
    const starter = member(directory);
    await starter.line();
    const [pid] = serversOf(directory);
    expect(await ask(starter, "set colour grey")).toBe("OK");
    starter.child.kill("SIGKILL");
    await once(starter.child, "exit");
    const next = member(directory);
    await next.line();
    expect(serversOf(directory)).toEqual([pid]);
    expect(await ask(next, "get colour")).toBe("grey");
    expect(await ask(next, "leave")).toBe("left");
    await gone(directory);
  });

  test("Ctrl-C reaches the bots, not their server", async () => {
    const directory = dataDirectory();
    const starter = member(directory);
    await starter.line();
    process.kill(-Number(starter.child.pid), "SIGINT");
    expect(await starter.line()).toBe("left");
    const next = member(directory);
    await next.line();
    expect(await ask(next, "get after-interrupt")).toBe("stored");
    expect(await ask(next, "leave")).toBe("left");
  });

  test("what a power cut leaves behind is healed", async () => {
    const directory = dataDirectory();
    const starter = member(directory);
    await starter.line();
    expect(await ask(starter, "set colour grey")).toBe("OK");
    starter.child.kill("SIGKILL");
    for (const pid of serversOf(directory)) process.kill(pid, "SIGKILL");
    await gone(directory);
    expect(existsSync(join(directory, "redis", "redis.sock"))).toBe(true);
    const next = member(directory);
    expect(await next.line()).toMatch(/^open /);
    expect(await ask(next, "get colour")).toBe("grey");
    expect(await ask(next, "leave")).toBe("left");
  });

  test("a server that dies under its members is started again", async () => {
    const directory = dataDirectory();
    const stores = await Promise.all([1, 2].map(() => openStore({ dataDirectory: directory, path })));
    const [first = 0] = serversOf(directory);
    process.kill(first, "SIGKILL");
    await eventually(() => serversOf(directory).some((pid) => pid !== first));
    const redis = await vi.waitFor(() => connectRedis({ socket: join(directory, "redis", "redis.sock") }), 5_000);
    const membersHere = async () => String(await redis.client("LIST")).split("name=howdah-member").length - 1;
    while ((await membersHere()) < 2) await delay(20);
    await stores[0]?.release();
    expect(await membersHere()).toBe(1);
    redis.disconnect();
    await stores[1]?.release();
    await gone(directory);
  });

  test("a path too long for a socket", async () => {
    const directory = dataDirectory("a".repeat(60), "b".repeat(60));
    const [one, other] = [member(directory), member(directory)];
    const [, socket = ""] = (await one.line()).split(" ");
    expect(Buffer.byteLength(socket)).toBeLessThan(104);
    expect(statSync(dirname(dirname(socket))).mode & 0o777).toBe(0o700);
    expect(await other.line()).toBe(`open ${socket}`);
    expect(serversOf(directory)).toHaveLength(1);
    expect(await ask(one, "leave")).toBe("left");
    expect(await ask(other, "leave")).toBe("left");
    await gone(directory);
    rmSync(dirname(dirname(socket)), { recursive: true });
  });

  test("data that the server refuses: the log's last line says why", async () => {
    const directory = dataDirectory();
    const files = join(directory, "redis", "appendonlydir");
    mkdirSync(files, { recursive: true });
    writeFileSync(join(files, "appendonly.aof.manifest"), "not a manifest\n");
    const error = await openStore({ dataDirectory: directory, path }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HowdahError);
    expect(error).toMatchObject({ code: "REDIS_UNREACHABLE" });
    const last =
      readFileSync(join(directory, "redis", "redis.log"), "utf8")
        .trimEnd()
        .split("\n")
        .at(-1) ?? "";
    const said = (error as HowdahError).message.split(/(?:did not start|does not answer[^:]*): /)[1] ?? "";
    expect(said).not.toBe("");
    expect(last.endsWith(said)).toBe(true);
  });

  test("a server that hangs is not joined, and not doubled", async () => {
    const directory = dataDirectory();
    const starter = member(directory);
    await starter.line();
    const [pid = 0] = serversOf(directory);
    process.kill(pid, "SIGSTOP");
    const opening = openStore({ dataDirectory: directory, path });
    await expect(opening).rejects.toMatchObject({ code: "REDIS_UNREACHABLE" });
    expect(serversOf(directory)).toEqual([pid]);
    process.kill(pid, "SIGCONT");
    expect(await ask(starter, "leave")).toBe("left");
  });

  test("many come and go, some of them killed: never two servers, never a server gone under a member", async () => {
    const directory = dataDirectory();
    let most = 0;
    const rounds = async (lane: number) => {
      for (let round = 0; round < 4; round += 1) {
        const visitor = member(directory);
        expect(await visitor.line()).toMatch(/^open /);
        expect(await ask(visitor, `set lane${lane} ${round}`)).toBe("OK");
        most = Math.max(most, serversOf(directory).length);
        expect(await ask(visitor, `get lane${lane}`)).toBe(String(round));
        if ((lane + round) % 4 === 0) visitor.child.kill("SIGKILL");
        else visitor.say("leave");
        await once(visitor.child, "exit");
      }
    };
    await Promise.all([0, 1, 2].map(rounds));
    expect(most).toBe(1);
    const last = member(directory);
    await last.line();
    expect(await ask(last, "leave")).toBe("left");
    await gone(directory);
  }, 60_000);
});
