import { connect, type PeerCertificate } from "node:tls";
import { NetworkError } from "../errors.js";
import { causeOf, printableCause } from "./network-failure.js";

const timeoutMs = 10_000;

/** What a server shows of itself before HTTP. */
export interface Certificate {
  readonly validTo: Date;
  /** Who vouches for it. */
  readonly issuer: string;
}

/** The certificate of an https origin. Throws NetworkError where none is shown, or one that is not good. */
export async function certificateOf(origin: string): Promise<Certificate> {
  const { hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: port === "" ? 443 : Number(port),
      servername: nameFor(host),
      timeout: timeoutMs,
    });
    const give = (error: NetworkError) => {
      socket.destroy();
      reject(error);
    };
    socket.once("secureConnect", () => {
      const shown = socket.getPeerCertificate();
      socket.destroy();
      resolve({ validTo: new Date(shown.valid_to), issuer: issuerOf(shown) });
    });
    socket.once("timeout", () => give(new NetworkError(`${host} shows no certificate in time`, "timeout", false)));
    socket.once("error", (error) => {
      const cause = causeOf(error);
      const code = cause.code === undefined ? "" : ` (${cause.code})`;
      give(
        new NetworkError(`${host} shows no certificate that is good${code}`, cause.failure, false, {
          cause: printableCause(cause),
        }),
      );
    });
  });
}

/** An address is no name that a certificate is asked for by. */
function nameFor(host: string): string {
  return /^[\d.]+$|:/.test(host) ? "" : host;
}

function issuerOf({ issuer }: PeerCertificate): string {
  const said: unknown = issuer.O ?? issuer.CN ?? "somebody unnamed";
  return String(said)
    .replace(/\p{Cc}+/gu, " ")
    .slice(0, 100);
}
