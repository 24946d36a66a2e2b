import type { Settings } from "../settings.js";
import type { Answer } from "../operations/perform.js";

/** Answers that a server keeps under the bare `Idempotency-Key`: over people and endpoints, refusals too. */
export class AnswerCache {
  readonly #kept = new Map<string, { readonly answer: Answer; readonly until: number }>();
  readonly #isOn: boolean;
  readonly #seconds: number;

  constructor({ dialect, rules }: Settings) {
    this.#isOn = dialect.idempotency?.keptUnder === "key-with-its-answer";
    this.#seconds = rules.idempotencySeconds;
  }

  /** The answer that was given under this key before, else what `carryOut` gives now. */
  answer(method: string, key: string | undefined, carryOut: () => Answer): Answer {
    if (!this.#isOn || key === undefined || !["POST", "PUT", "PATCH"].includes(method)) return carryOut();
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > Date.now()) return kept.answer;
    const answer = carryOut();
    this.#kept.set(key, { answer, until: Date.now() + this.#seconds * 1000 });
    return answer;
  }
}
