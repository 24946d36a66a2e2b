const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const pattern = /^(\d{1,5})([smhdw])$/;

/** What a duration looks like in accounts.yaml. */
export const durationRule = "write a number and a unit, such as 30m, 12h, 2d or 1w";

/** A duration of accounts.yaml, such as `12h`, in milliseconds; undefined where it is none. */
export function durationMs(text: string): number | undefined {
  const [, number, unit] = pattern.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * unitsMs[unit as keyof typeof unitsMs];
}

/** Where a rider begins that has no place yet: so long before its first start, or at a time (milliseconds since the epoch). */
export type Since = { readonly agoMs: number } | { readonly at: number };

const isoPattern = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** Reads `since`: a duration, or a day or time of ISO 8601; undefined where it is neither. */
export function readSince(text: string): Since | undefined {
  const agoMs = durationMs(text);
  if (agoMs !== undefined) return { agoMs };
  const at = isoPattern.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : { at };
}

/** Reads `stale_after`: a duration, or `never`; in milliseconds. */
export function readStaleAfter(text: string): number | undefined {
  return text === "never" ? Infinity : durationMs(text);
}

const longestDeadlineMs = 600_000;

/** Reads `deadline`: a duration of 1 s to 10 min; in milliseconds. */
export function readDeadline(text: string): number | undefined {
  const limitMs = durationMs(text);
  return limitMs !== undefined && limitMs > 0 && limitMs <= longestDeadlineMs ? limitMs : undefined;
}
