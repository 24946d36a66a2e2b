import { pino, type Logger } from "pino";

/** A line of the log. */
export interface Line {
  readonly level: number;
  readonly msg: string;
  readonly account?: string;
  readonly rider?: string;
  readonly err?: { readonly message: string };
}

/** A process' log, kept for looking at. */
export function keptLog(): { logger: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const logger = pino({ level: "debug" }, { write: (text: string) => void lines.push(JSON.parse(text) as Line) });
  return { logger, lines };
}
