/** Whoever waits for it goes on when it rings; a ring that nobody waits for is forgotten. */
export class Bell {
  #waiting: (() => void)[] = [];

  heard(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  ring(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
