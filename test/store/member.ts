/**
 * A process that has the embedded server open, for server.test.ts: `member.ts <data directory> [PATH]`.
 * Prints `open SOCKET` or `CODE message`; does what the lines of standard input say; leaves at their end and on SIGINT.
 */
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { HowdahError } from "../../core/errors.js";
import { connectRedis } from "../../core/store/redis.js";
import { openStore, type Store } from "../../core/store/server.js";

const [dataDirectory = "", path = process.env["PATH"]] = process.argv.slice(2);

/** Opens the store; an error that an operator would see is printed instead. */
async function open(): Promise<Store | undefined> {
  try {
    return await openStore({ dataDirectory, path });
  } catch (error) {
    console.log(error instanceof HowdahError ? `${error.code} ${error.message}; ${error.cure}` : String(error));
    return undefined;
  }
}

async function serve(store: Store): Promise<void> {
  const redis = await connectRedis(store.address);
  redis.on("error", () => undefined);
  const leave = async () => {
    redis.disconnect();
    await store.release();
    console.log("left");
    process.exit();
  };
  process.on("SIGINT", () => {
    void delay(300)
      .then(() => redis.set("after-interrupt", "stored"))
      .then(leave);
  });
  const input = createInterface(process.stdin);
  input.once("close", () => void leave());
  input.on("line", (line) => {
    const [command = "", key = "", value = ""] = line.split(" ");
    if (command === "leave") void leave();
    if (command === "set") void redis.set(key, value).then(console.log);
    if (command === "get") void redis.get(key).then(console.log);
  });
  console.log("socket" in store.address ? `open ${store.address.socket}` : "open by URL");
}

const store = await open();
if (store) await serve(store);
