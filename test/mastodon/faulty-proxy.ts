import { connect, type Socket } from "node:net";

import { tcpServer, type LocalServer } from "./local-server.js";

/** A proxy that can break what it carries. */
export interface FaultyProxy extends LocalServer {
  /** From now on nothing is carried either way, and the connections stay open. */
  halfOpen(): void;
  /** Resets every connection. */
  cut(): void;
}

/** Carries bytes to a port of this machine; `cutAfter` ends a connection when that many bytes came back. */
export async function faultyProxy(port: number, cutAfter = Number.POSITIVE_INFINITY): Promise<FaultyProxy> {
  let carries = true;
  const outward = new Set<Socket>();
  const server = await tcpServer((inner) => {
    let carried = 0;
    const outer = connect(port, "127.0.0.1");
    outward.add(outer);
    outer.on("error", () => inner.destroy());
    inner.on("data", (chunk) => carries && outer.write(chunk));
    inner.on("close", () => outer.destroy());
    outer.on("data", (chunk) => {
      if (!carries) return;
      const rest = cutAfter - carried;
      carried += chunk.length;
      if (chunk.length < rest) inner.write(chunk);
      else inner.end(chunk.subarray(0, rest));
    });
    outer.on("close", () => {
      outward.delete(outer);
      if (carries) inner.destroy();
    });
  });
  return {
    ...server,
    halfOpen: () => void (carries = false),
    cut: () => {
      for (const socket of server.sockets) socket.resetAndDestroy();
    },
  };
}
