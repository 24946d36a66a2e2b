import { destination, pino, type Logger } from "pino";
import { HowdahError } from "../errors.js";

/** Fields that hold secrets wherever they stand; nothing logs them on purpose. */
const secretFields = [
  "accessToken",
  "access_token",
  "refreshToken",
  "refresh_token",
  "clientSecret",
  "client_secret",
  "codeVerifier",
  "code_verifier",
  "token",
  "authorization",
  "password",
];

/** Standard output is for what a command was asked for; the log goes to standard error. */
const standardError = 2;

/** The process' log: JSON lines, or readable ones in a terminal. */
export async function createLogger(level: string, isTerminal: boolean): Promise<Logger> {
  const options = {
    level,
    base: null,
    redact: { paths: secretFields.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "[secret]" },
    serializers: { err: errorFacts },
  };
  if (!isTerminal) return pino(options, destination({ dest: standardError, sync: true }));
  const { default: pretty } = await import("pino-pretty");
  const readable = { ignore: "pid,hostname", translateTime: "SYS:HH:MM:ss", destination: standardError, sync: true };
  return pino(options, pretty(readable));
}

/** An error we foresee is its code and message; only the others need a stack. Bodies may hold private posts. */
function errorFacts(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  if (error instanceof HowdahError) return { type: error.name, code: error.code, message: error.message };
  return { type: error.name, message: error.message, stack: error.stack };
}
