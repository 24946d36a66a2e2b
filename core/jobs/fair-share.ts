import type { Participants } from "./participants.js";
import { Share } from "./share.js";

/** So many beats in a row something must be too much before it is let go: who has just come or gone upsets nothing. */
const patientBeats = 3;
/** The part of a fair share that is let go in one beat, so that its streams do not all reconnect at once. */
const partPerBeat = 1 / 20;

/** The share of this process as it was last announced, and what to let go for it, little by little. */
export class FairShare {
  readonly #participants: Participants;
  #share: Share | undefined;
  #beatsWithSurplus = 0;

  constructor(participants: Participants) {
    this.#participants = participants;
  }

  /** Takes over what the last announcement heard; `owned` is what it said. */
  follow(owned: number): void {
    const [self] = this.#participants.live;
    this.#share = self && new Share({ ...self, owned }, this.#participants.live);
  }

  /** Whether no other process takes part: whatever waits is this one's. */
  get isAlone(): boolean {
    return this.#participants.live.length === 1;
  }

  /** Whether to look for accounts, holding so many. */
  looksForMore(owned: number): boolean {
    return this.#share?.looksForMore(owned) ?? false;
  }

  /** Whether to hold one more account that is offered. */
  accepts(account: string, owned: number): boolean {
    return this.#share?.accepts(account, owned) ?? true;
  }

  /** What to let go in this beat, of the accounts that are held. */
  toLetGo(held: readonly string[]): string[] {
    const surplus = this.#share?.surplus(held) ?? [];
    this.#beatsWithSurplus = surplus.length === 0 ? 0 : this.#beatsWithSurplus + 1;
    if (this.#beatsWithSurplus < patientBeats) return [];
    return surplus.slice(0, Math.ceil((this.#share?.most ?? 0) * partPerBeat));
  }
}
