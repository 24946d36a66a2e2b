import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { controlRoutes } from "../control/control-routes.js";
import type { Control } from "../control/control.js";
import { WebSocketStreaming } from "../streaming/web-socket.js";
import { addApi } from "./api.js";
import type { Env } from "./exchange.js";
import { addOAuth } from "./oauth-routes.js";
import type { Parts } from "./parts.js";
import { readRequest } from "./pipeline.js";
import { addWebPages } from "./web-pages.js";

const exposed = ["Link", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id"];

/** A server that listens. */
export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens; rejects with the system's error, for example `EADDRINUSE`. */
export async function listen(parts: Parts, control: Control): Promise<Listening> {
  const app = createApp(parts, control);
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const streaming = new WebSocketStreaming(parts);
  const server = createServer((request, response) => void answer(request, response));
  server.on("upgrade", (request, socket, head) => streaming.upgrade(request, socket, head));
  await bound(server, parts.settings.port, parts.settings.host);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      parts.faults.clear();
      streaming.close();
      parts.connections.each(undefined, (connection) => connection.cut());
      return closed(server);
    },
  };
}

/** Order matters: control comes before the pipeline, so that faults, limits and the log leave it alone. */
function createApp(parts: Parts, control: Control): Hono<Env> {
  const app = new Hono<Env>();
  const crossOrigin = cors({ origin: "*", exposeHeaders: exposed });
  app.route("/sandbox", controlRoutes(control, parts.settings.control));
  for (const path of ["/api/*", "/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/.well-known/*", "/nodeinfo/*"]) {
    app.use(path, crossOrigin);
  }
  app.use(readRequest(parts));
  addApi(app, parts);
  addOAuth(app, parts);
  addWebPages(app, parts);
  app.notFound((c) => c.json({ error: "Not Found" }, 404));
  app.onError((error, c) => c.json({ error: "Internal server error", defect: String(error) }, 500));
  return app;
}

function bound(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
