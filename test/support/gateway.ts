import { createConnection, type Socket } from "node:net";
import { tcpServer } from "../mastodon/local-server.js";

/** A way to a server that may lose what passes, as a network does, without ending a connection. */
export interface Gateway {
  readonly port: number;
  /** How many connections were made through it. */
  connections(): number;
  /** Nothing passes any more on the connections that are open; new ones work. */
  freeze(): void;
  close(): Promise<void>;
}

export async function gatewayTo(port: number, host = "127.0.0.1"): Promise<Gateway> {
  const pairs: [Socket, Socket][] = [];
  const server = await tcpServer((socket) => {
    const onward = createConnection({ port, host });
    pairs.push([socket, onward]);
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  });
  return {
    port: server.port,
    connections: server.connections,
    freeze: () => {
      for (const pair of pairs) for (const socket of pair) socket.unpipe().resume();
    },
    close: async () => {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      await server.close();
    },
  };
}
