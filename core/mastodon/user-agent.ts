/**
 * The `User-Agent` of every request: who runs what, and whom to ask about it. What cannot stand in a header or
 * would close the comment early is left out of the contact.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-user-agent
 */
export function userAgent(version: string, contact?: string): string {
  const product = `howdah/${version.replace(/[^\w.+-]/g, "")}`;
  const comment = (contact ?? "")
    .replace(/[^\x20-\x7e]|[()\\]/g, "")
    .trim()
    .slice(0, 200);
  return comment === "" ? product : `${product} (+${comment})`;
}
