import type { Socket } from "node:net";
import { Redis } from "ioredis";

/**
 * A connection whose commands of one turn of the event loop leave in one write: each write to a socket costs more than
 * Redis takes for the command. Their order, and what becomes of each, stays as it is.
 */
export class GatheredRedis extends Redis {
  #gathering: Socket | undefined;

  override sendCommand(...[command, stream]: Parameters<Redis["sendCommand"]>): unknown {
    const socket = this.stream as Socket | undefined;
    if (socket !== undefined && socket !== this.#gathering) {
      this.#gathering = socket;
      socket.cork();
      setImmediate(() => {
        socket.uncork();
        if (this.#gathering === socket) this.#gathering = undefined;
      });
    }
    return super.sendCommand(command, stream);
  }
}
