import type { Upload } from "../world/media.js";

type Values = Readonly<Record<string, unknown>>;

const falseTexts = new Set(["", "0", "f", "F", "false", "FALSE", "off", "OFF"]);

/**
 * Reads parameters as Rails does: from the path, the query and the body alike, numbers as text, and what has the wrong
 * type as if it were not there.
 */
export class Parameters {
  readonly #values: Values;

  constructor(values: Values) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#own(name) !== undefined;
  }

  text(name: string): string | undefined {
    return scalar(this.#own(name));
  }

  /** As `text`, but nothing where the text is empty. */
  filledText(name: string): string | undefined {
    const text = this.text(name);
    return text === undefined || text.trim() === "" ? undefined : text;
  }

  flag(name: string): boolean | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : !falseTexts.has(text);
  }

  /** The leading digits, as Ruby's `to_i` reads them; 0 for a text without any. */
  integer(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = Number.parseInt(text, 10);
    return Number.isSafeInteger(number) ? number : 0;
  }

  /** A list, also where it came as one text or with numbers as keys. */
  texts(name: string): string[] | undefined {
    const value = this.#own(name);
    if (value === undefined || value === null) return undefined;
    const items = Array.isArray(value) ? value : isValues(value) ? Object.values(value) : [value];
    return items.flatMap((item: unknown) => scalar(item) ?? []);
  }

  nested(name: string): Parameters | undefined {
    const value = this.#own(name);
    return isValues(value) ? new Parameters(value) : undefined;
  }

  /** Objects inside a list or inside an object with numbers as keys. */
  nestedList(name: string): Parameters[] | undefined {
    const value = this.#own(name);
    if (!Array.isArray(value) && !isValues(value)) return undefined;
    return Object.values(value).flatMap((item: unknown) => (isValues(item) ? [new Parameters(item)] : []));
  }

  upload(name: string): Upload | undefined {
    const value = this.#own(name);
    return isUpload(value) ? value : undefined;
  }

  #own(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }
}

function scalar(value: unknown): string | undefined {
  if (typeof value === "string") return value.replace(/\p{Surrogate}/gu, "\uFFFD");
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function isUpload(value: unknown): value is Upload {
  return isValues(value) && value["bytes"] instanceof Uint8Array && typeof value["contentType"] === "string";
}

/** Whether a value is an object with keys. */
export function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
