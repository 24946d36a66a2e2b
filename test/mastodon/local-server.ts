import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";

/** A request as a local server saw it. */
export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** A server on loopback with what it has seen. */
export interface LocalServer {
  origin: string;
  port: number;
  requests: SeenRequest[];
  /** Connections that are open. */
  sockets: ReadonlySet<Socket>;
  /** Connections that were ever made. */
  connections(): number;
  /** Of them, those that were closed. */
  closed(): number;
  close(): Promise<void>;
}

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
type Reply = (response: ServerResponse, request: SeenRequest) => void;

/** A real HTTP server that answers as told. */
export async function httpServer(reply: Reply, upgrade?: Upgrade): Promise<LocalServer> {
  const requests: SeenRequest[] = [];
  const server = createServer(recorder(requests, reply));
  if (upgrade !== undefined) server.on("upgrade", upgrade);
  return listening(server, "http", requests);
}

/** The same behind TLS. */
export async function tlsServer(identity: { key: string; cert: string }, reply: Reply): Promise<LocalServer> {
  const requests: SeenRequest[] = [];
  return listening(createTlsServer(identity, recorder(requests, reply)), "https", requests);
}

/** A server below HTTP: what it does with a connection is up to the test. */
export async function tcpServer(onConnection: (socket: Socket) => void): Promise<LocalServer> {
  return listening(createTcpServer(onConnection), "http", []);
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = await tcpServer(() => {});
  await server.close();
  return server.port;
}

/** Answers with JSON. */
export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function recorder(requests: SeenRequest[], reply: Reply): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const seen = { method, url, headers, body: Buffer.concat(chunks).toString("latin1") };
      requests.push(seen);
      reply(response, seen);
    });
  };
}

async function listening(server: Server, scheme: string, requests: SeenRequest[]): Promise<LocalServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    // A socket that is not read does not notice its end.
    socket.resume();
    socket.on("end", () => socket.end());
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return {
    origin: `${scheme}://127.0.0.1:${port}`,
    port,
    requests,
    sockets,
    connections: () => connections,
    closed: () => connections - sockets.size,
    close,
  };
}
