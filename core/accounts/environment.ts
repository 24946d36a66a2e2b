/** The variables that a text may refer to: `process.env`, or a test's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface Substituted {
  readonly text: string;
  /** Whether any reference stood in the text. */
  readonly changed: boolean;
  readonly problems: readonly string[];
}

const reference = /\$\$|\$\{([^}]*)(\}?)/g;
const insideReference = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/** Replaces `${NAME}`, `${NAME:-default}` (taken where NAME is unset or empty) and `$$`; any other `$` stays. */
export function substitute(text: string, env: Environment): Substituted {
  const problems: string[] = [];
  let changed = false;
  const result = text.replaceAll(reference, (written: string, inside: string | undefined, closed: string) => {
    if (inside === undefined) return "$";
    changed = true;
    const parts = closed === "" || inside.includes("${") ? null : insideReference.exec(inside);
    if (parts === null) {
      problems.push(malformed(written));
      return written;
    }
    const [, name = "", fallback] = parts;
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (fallback !== undefined) return value === undefined || value === "" ? fallback : value;
    if (value === undefined) {
      problems.push(`\${${name}} is not set in the environment: set ${name}, or write \${${name}:-default}`);
    }
    return value ?? written;
  });
  return { text: result, changed, problems };
}

function malformed(written: string): string {
  const start = written.length > 40 ? `${written.slice(0, 40)}…` : written;
  const shown = JSON.stringify(start);
  return `${shown} is no reference to the environment: write \${NAME} or \${NAME:-default}, and $$ for a dollar sign`;
}

/** What a plain text stands for by YAML's core rules, where that is not a text: a number, a boolean or null. */
export function coreValue(text: string): number | boolean | null | undefined {
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  if (/^(null|Null|NULL|~)$/.test(text)) return null;
  const isNumber = /^(0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)$/.test(text);
  return isNumber ? Number(text) : undefined;
}
