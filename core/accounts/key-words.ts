import { accountSchema, fleetSchema, pluginEntrySchema } from "./schema.js";

/** What a path of accounts.yaml is called in a message: without the account, whose line is named anyway. */
export function labelInFile(path: readonly PropertyKey[]): string {
  const [top, , ...below] = path;
  const named = top === "accounts" && path.length > 1 ? (below.length > 0 ? below : path.slice(1)) : path;
  return dotted(top === "defaults" && path.length > 1 ? path.slice(1) : named);
}

/** A path as people write it: `plugins[0].use`. */
export function dotted(path: readonly PropertyKey[]): string {
  const parts = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`));
  return parts.join("").replace(/^\./, "");
}

/** What would be right for a key that is known, but stands in the wrong map of accounts.yaml. */
export function rightPlace(path: readonly PropertyKey[], key: string): string | undefined {
  const [top] = path;
  const isEntry = typeof path.at(-1) === "number";
  if (isEntry && isKeyOf(accountSchema, key)) return "it belongs to the account, beside plugins:";
  if (isKeyOf(fleetSchema, key) && path.length > 0) return "it belongs to the top of the file, not indented";
  if (path.length === 0 && isKeyOf(accountSchema, key)) return "it belongs to an account, or to defaults:";
  if (top === "defaults" && isKeyOf(accountSchema, key)) return "every account has its own, write it there";
  if (!isEntry && isKeyOf(pluginEntrySchema, key)) return "it belongs to an entry of plugins:";
  return undefined;
}

function isKeyOf(schema: { readonly shape: object }, key: string): boolean {
  return Object.hasOwn(schema.shape, key);
}
