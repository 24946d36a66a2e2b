import type { Hearing } from "../events/listen.js";

/** Several ways by which an account hears, told as one: connected while all that are in use are. */
export class Hearings {
  readonly #tell: (hearing: Hearing) => void;
  readonly #ways: Hearing[] = [];

  constructor(tell: (hearing: Hearing) => void) {
    this.#tell = tell;
  }

  /** Adds a way; what comes of it is told to the function that it returns. */
  way(): (hearing: Hearing) => void {
    const index = this.#ways.push({ mode: "none", connected: false }) - 1;
    return (hearing) => {
      this.#ways[index] = hearing;
      const used = this.#ways.filter(({ mode }) => mode !== "none");
      const mode = used[0]?.mode ?? "none";
      this.#tell({ mode, connected: used.length > 0 && used.every(({ connected }) => connected) });
    };
  }
}
