/** A process that loads its key, for key-file.test.ts: `key-reader.ts <data directory>`. Prints `made` or `found`, and a sealed word. */
import { loadKeyring } from "../../core/store/key-file.js";

const [dataDirectory = ""] = process.argv.slice(2);
const { keyring, made } = await loadKeyring({ key: undefined, keyFile: undefined, dataDirectory });
console.log(`${made === undefined ? "found" : "made"} ${keyring.seal("word", "place")}`);
