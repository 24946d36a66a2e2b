/**
 * A bare side of the fleet benches in a process of its own: `bare.js SIDE ORDER`. Opens a socket for each account with
 * the library it is named after, says "ready", and then answers each number with the moment when so many events had
 * come.
 */
import { request, Agent } from "undici";
import { WebSocket } from "ws";
import { Pace } from "../../core/auth/pace.js";
import { tokenOf, type BareOrder } from "./messages.js";

export type BareSide = "ws" | "masto" | "megalodon";

const [side = "ws", text = "{}"] = process.argv.slice(2);
const order = JSON.parse(text) as BareOrder;
let seen = 0;
let wanted: number | undefined;

/** An event has arrived, parsed. */
function came(): void {
  seen += 1;
  if (seen === wanted) reached();
}

function reached(): void {
  wanted = undefined;
  process.send?.({ value: seen });
}

async function overWs(account: number): Promise<void> {
  const url = `${order.origin.replace("http:", "ws:")}/api/v1/streaming?stream=user`;
  const headers = { Authorization: `Bearer ${tokenOf(account)}` };
  const socket = new WebSocket(url, { headers, perMessageDeflate: false });
  socket.on("message", (data: Buffer) => {
    const message = JSON.parse(data.toString("utf8")) as { payload: string };
    const status = JSON.parse(message.payload) as { id: string };
    if (status.id !== "") came();
  });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
}

async function overMasto(account: number): Promise<void> {
  const { createStreamingAPIClient } = await import("masto");
  const client = createStreamingAPIClient({
    streamingApiUrl: order.origin.replace("http:", "ws:"),
    accessToken: tokenOf(account),
    implementation: WebSocket,
  });
  const subscription = client.user.subscribe();
  void (async () => {
    for await (const event of subscription) if (event.event === "update") came();
  })();
}

async function overMegalodon(account: number): Promise<void> {
  const { Mastodon } = await import("megalodon");
  const stream = await new Mastodon(order.origin, tokenOf(account)).userStreaming();
  stream.on("update", came);
  await new Promise((resolve) => stream.once("connect", resolve));
}

const open = { ws: overWs, masto: overMasto, megalodon: overMegalodon }[side as BareSide];

const dispatcher = new Agent({ connections: 16 });
const pace = new Pace();

async function verified(account: number): Promise<void> {
  const url = `${order.origin}/api/v1/accounts/verify_credentials`;
  const { body } = await request(url, { dispatcher, headers: { authorization: `Bearer ${tokenOf(account)}` } });
  await body.json();
}

/** One account more with each that is verified, as the product does. */
async function beginVerified(): Promise<void> {
  const begin = async (account: number) => {
    await pace.run(
      order.origin,
      () => verified(account),
      () => true,
    );
    await open(account);
  };
  await Promise.all(Array.from({ length: order.accounts }, (_, account) => begin(account)));
}

async function begin(): Promise<void> {
  if (order.verifyFirst === true) return beginVerified();
  let next = 0;
  const worker = async () => {
    while (next < order.accounts) {
      const account = next;
      next += 1;
      await open(account);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

process.on("disconnect", () => process.exit());
process.on("message", (count: number) => {
  wanted = count;
  if (seen >= count) reached();
});
await begin();
process.send?.("ready");
