import { vaultPlace } from "../auth/vault-keys.js";
import { ledgerPlace } from "../client/redis-ledger.js";
import { keyMarkPlace } from "../store/key-file.js";
import type { PlaceOf } from "../store/sealed-spot.js";
import { deliveryPlace } from "./delivery-seals.js";
import { awayPlace } from "./away.js";
import { configSecretPlace } from "./config-secret.js";

const inPlace: readonly PlaceOf[] = [keyMarkPlace, configSecretPlace, vaultPlace, ledgerPlace, deliveryPlace];

/** Every room that seals something in Redis, and what it binds it to, also where it is put away. */
export const sealedPlaces: readonly PlaceOf[] = [...inPlace, awayPlace(inPlace)];
