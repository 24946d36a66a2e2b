import { message, Processes } from "../processes.js";
import type { HeapPoint, Round, SideName, Tally, Target } from "./messages.js";

/** The processes of the client's bench. */
export class Children extends Processes {
  /** Starts the server and gives its origin. */
  server(): Promise<string> {
    return message<string>(this.fork("bench/client/server.ts"));
  }

  /** Starts a side, and gives the function that lets it run a round. */
  async side(name: SideName, target: Target): Promise<(round: Round) => Promise<Tally>> {
    const child = this.fork("bench/client/side.ts", [name, JSON.stringify(target)], ["--no-warnings"]);
    await message(child);
    return async (round) => {
      child.send(round);
      return message<Tally>(child);
    };
  }

  idleHeap(): Promise<HeapPoint[]> {
    return message<HeapPoint[]>(this.fork("bench/client/idle-heap.ts", [], ["--expose-gc"]));
  }
}
