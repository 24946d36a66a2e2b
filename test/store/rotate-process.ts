/** A process that rotates the keys of a fleet, for rotation.test.ts: `rotate-process.ts <keys> <prefix> <Redis URL>`. */
import { sealedPlaces } from "../../core/host/sealed-places.js";
import { keysUnder } from "../../core/store/keys.js";
import { connectRedis } from "../../core/store/redis.js";
import { rotateKeys } from "../../core/store/rotation.js";
import { Keyring } from "../../core/store/seal.js";

const [text = "", prefix = "", url = ""] = process.argv.slice(2);
const redis = await connectRedis({ url });
const keyring = Keyring.parse(text, "the test's keys");
const { left, resealed } = await rotateKeys({ redis, keys: keysUnder(prefix), keyring, places: sealedPlaces });
console.log(`${resealed} sealed anew, ${left.length} left`);
redis.disconnect();
