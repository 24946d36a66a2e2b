import type { State } from "../plugin.js";
import type { DeliveryStore, StateChanges } from "./delivery-store.js";

const nothing: StateChanges = new Map();

/** A rider's state during one attempt: reads what is stored, keeps changes to itself until they are acknowledged. */
export class RiderState implements State {
  readonly #store: Pick<DeliveryStore, "state">;
  readonly #rider: string;
  #changes: Map<string, unknown> | undefined;

  constructor(store: Pick<DeliveryStore, "state">, rider: string) {
    this.#store = store;
    this.#rider = rider;
  }

  get changes(): StateChanges {
    return this.#changes ?? nothing;
  }

  async get<T = unknown>(name: string): Promise<T | undefined> {
    const changes = this.#changes;
    const value = changes?.has(name) === true ? changes.get(name) : await this.#store.state(this.#rider, name);
    return value as T | undefined;
  }

  set(name: string, value: unknown): void {
    if (value === undefined) this.delete(name);
    // As it will be stored: a later change to the object must not reach into what was set.
    else this.#change(name, JSON.parse(JSON.stringify(value)));
  }

  delete(name: string): void {
    this.#change(name, undefined);
  }

  #change(name: string, value: unknown): void {
    this.#changes ??= new Map();
    this.#changes.set(name, value);
  }
}
