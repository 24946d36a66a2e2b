import type { State } from "../plugin.js";
import type { DeliveryStore, StateChanges } from "./delivery-store.js";

/** A rider's state during one attempt: reads what is stored, keeps changes to itself until they are acknowledged. */
export class RiderState implements State {
  readonly #store: Pick<DeliveryStore, "state">;
  readonly #rider: string;
  readonly #changes = new Map<string, unknown>();

  constructor(store: Pick<DeliveryStore, "state">, rider: string) {
    this.#store = store;
    this.#rider = rider;
  }

  get changes(): StateChanges {
    return this.#changes;
  }

  async get<T = unknown>(name: string): Promise<T | undefined> {
    const value = this.#changes.has(name) ? this.#changes.get(name) : await this.#store.state(this.#rider, name);
    return value as T | undefined;
  }

  set(name: string, value: unknown): void {
    if (value === undefined) this.delete(name);
    // As it will be stored: a later change to the object must not reach into what was set.
    else this.#changes.set(name, JSON.parse(JSON.stringify(value)));
  }

  delete(name: string): void {
    this.#changes.set(name, undefined);
  }
}
