/** The system's clock as a test moves it on: what runs in its process finds that hours have passed. Timers do not notice. */
export class ShiftedClock {
  readonly #real = Date;
  #aheadMs = 0;

  constructor() {
    const real = this.#real;
    const now = () => real.now() + this.#aheadMs;
    globalThis.Date = class extends real {
      constructor(...time: unknown[]) {
        super(...((time.length === 0 ? [now()] : time) as [number]));
      }

      static override now(): number {
        return now();
      }
    } as DateConstructor;
  }

  forward(ms: number): void {
    this.#aheadMs += ms;
  }

  /** Time is again what it is. */
  restore(): void {
    globalThis.Date = this.#real;
  }
}
