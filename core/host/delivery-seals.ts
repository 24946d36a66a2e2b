import { z } from "zod";
import type { Event } from "../events/event.js";
import type { Keyring } from "../store/seal.js";
import { restAfter, type PlaceOf } from "../store/sealed-spot.js";
import type { DueRecord } from "./delivery-store.js";

/** A record as it stands in Redis: everything but the event can be read without a key. */
const storedRecord = z.object({
  invocation: z.string(),
  rider: z.string(),
  attempts: z.number(),
  waits: z.number(),
  notBefore: z.number(),
  reason: z.string(),
  // What was stored before there was a `since` is as old as it is read.
  since: z.number().default(() => Date.now()),
  again: z.literal(true).optional(),
  held: z.enum(["stopped", "behind", "paused"]).optional(),
  sealedEvent: z.string(),
});

/** Seals and opens what the events of one account leave in Redis, each bound to its place. */
export class DeliverySeals {
  readonly #keyring: Keyring;
  readonly #account: string;

  constructor(keyring: Keyring, account: string) {
    this.#keyring = keyring;
    this.#account = account;
  }

  sealRecord({ event, ...plain }: DueRecord): string {
    const sealedEvent = this.#keyring.seal(JSON.stringify(event), eventPlace(this.#account, plain.invocation));
    return JSON.stringify({ ...plain, sealedEvent });
  }

  /** Undefined: it is damaged, or no key at hand opens it. */
  openRecord(invocation: string, text: string): DueRecord | undefined {
    try {
      const { again, held, sealedEvent, ...plain } = storedRecord.parse(JSON.parse(text));
      const event = JSON.parse(this.#keyring.open(sealedEvent, eventPlace(this.#account, invocation))) as Event;
      return { ...plain, invocation, event, ...(again && { again }), ...(held && { held }) };
    } catch {
      return undefined;
    }
  }

  sealState(rider: string, name: string, value: unknown): string {
    return this.#keyring.seal(JSON.stringify(value), statePlace(this.#account, rider, name));
  }

  openState(rider: string, name: string, sealed: string): unknown {
    return JSON.parse(this.#keyring.open(sealed, statePlace(this.#account, rider, name)));
  }
}

function eventPlace(account: string, invocation: string): string {
  return `${account} event ${invocation}`;
}

function statePlace(account: string, rider: string, name: string): string {
  return `${account} state ${rider} ${name}`;
}

/** The places of events and riders' state, for those who walk over everything that is sealed. */
export const deliveryPlace: PlaceOf = (spot) => {
  const { field, name, rest } = spot;
  if (spot.of !== "account" || field === undefined) return undefined;
  if (rest === "due" || rest === "failed" || rest === "set-aside") return eventPlace(name, field);
  const rider = restAfter(spot, "state");
  return rider === undefined ? undefined : statePlace(name, rider, field);
};
