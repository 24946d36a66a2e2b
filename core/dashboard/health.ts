import { serve, type ServerType } from "@hono/node-server";
import { Hono } from "hono";
import type { Redis } from "ioredis";
import { HowdahError } from "../errors.js";
import type { FleetHost } from "../host/fleet-host.js";
import { unlessRefused } from "../store/refusal.js";

const redisAnswersWithinMs = 2_000;

/** Answers `GET /health`: 200 while this process and its Redis work, whatever single accounts need. Throws PORT_TAKEN. */
export async function serveHealth(
  port: number,
  host: Pick<FleetHost, "owned">,
  redis: Redis,
): Promise<{ close(): Promise<void> }> {
  const app = new Hono();
  app.get("/health", async (c) => {
    const answers = await redisAnswers(redis);
    const body = { status: answers ? "ok" : "redis does not answer", accounts: host.owned };
    return c.json(body, answers ? 200 : 503);
  });
  const server = await listening(app, port);
  return { close: () => new Promise((resolve) => server.close(() => resolve())) };
}

function listening(app: Hono, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port }, () => resolve(server));
    server.on("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code !== "EADDRINUSE") return reject(cause);
      const cure = "set PORT to a free port, or stop the other program";
      reject(new HowdahError("PORT_TAKEN", `port ${port} is taken by another program`, { cure, cause }));
    });
  });
}

async function redisAnswers(redis: Redis): Promise<boolean> {
  const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), redisAnswersWithinMs).unref());
  // One that stores nothing now answers all the same: a restart would not help.
  const pong = redis
    .ping()
    .catch(unlessRefused)
    .then(
      () => true,
      () => false,
    );
  return Promise.race([pong, late]);
}
