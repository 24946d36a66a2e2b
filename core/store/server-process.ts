import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, statSync } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { platform } from "node:os";
import { delimiter, join } from "node:path";
import { HowdahError } from "../errors.js";
import type { ServerPlace } from "./server-place.js";

const programs = ["redis-server", "valkey-server"];
const usualPath = ["/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin"].join(delimiter);
const logLimitBytes = 1_000_000;

/** Durable at every write, never evicting; the socket is relative to the working directory, so any length fits. */
const settings: Readonly<Record<string, string>> = {
  port: "0",
  unixsocket: "redis.sock",
  unixsocketperm: "700",
  appendonly: "yes",
  appendfsync: "always",
  save: "",
  "maxmemory-policy": "noeviction",
  daemonize: "no",
};

/** Starts a Redis server in `place` that outlives this process and hears none of its terminal's signals. */
export async function spawnServer(place: ServerPlace, path: string | undefined): Promise<ChildProcess> {
  const program = findServer(path ?? usualPath);
  const log = await openLog(place);
  try {
    const child = spawn(
      program,
      Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      { cwd: place.directory, detached: true, env: {}, stdio: ["ignore", log.fd, log.fd] },
    );
    await once(child, "spawn");
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

/** The last line of the server's log, without its process id and time. */
export async function lastLogLine(place: ServerPlace): Promise<string> {
  const text = await readFile(logOf(place), "utf8").catch(() => "");
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  return line.replace(/^\d+:\w \d+ \w+ \d+ [\d:.]+ \W /, "");
}

function findServer(path: string): string {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  const candidates = programs.flatMap((program) => folders.map((folder) => join(folder, program)));
  const found = candidates.find(isProgram);
  if (found !== undefined) return found;
  throw new HowdahError("REDIS_MISSING", "neither redis-server nor valkey-server is on the path", {
    cure: `install one (${installLine()}), or set REDIS_URL to a server that runs`,
  });
}

function installLine(): string {
  if (platform() === "darwin") return "brew install redis";
  return "Debian, Ubuntu: apt-get install redis-server; Fedora: dnf install valkey; Alpine: apk add redis";
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

async function openLog(place: ServerPlace) {
  const size = await stat(logOf(place)).then(
    (stats) => stats.size,
    () => 0,
  );
  return open(logOf(place), size > logLimitBytes ? "w" : "a", 0o600);
}

function logOf(place: ServerPlace): string {
  return join(place.directory, "redis.log");
}
