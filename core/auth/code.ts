/** What terminals put around what is pasted into programs that ask for it, with or without its escape character. */
// oxlint-disable-next-line no-control-regex -- it is one
const pasteMarks = /\u001b?\[20[01]~/g;

/**
 * The authorization code in what an operator pasted: with spaces, line breaks or quotes around it, or as the whole
 * address of the page that showed it. Undefined where there is none.
 */
export function codeIn(pasted: string): string | undefined {
  const text = pasted
    .replace(pasteMarks, "")
    .trim()
    .replace(/^["'`<\u2018-\u201f]+|["'`>\u2018-\u201f]+$/g, "")
    .trim();
  const code = /^https?:/i.test(text) ? codeInAddress(text) : text.replace(/[\s\u200b]+/g, "");
  return code === undefined || code === "" ? undefined : code;
}

function codeInAddress(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  const [, last] = /\/oauth\/authorize\/([^/]+)$/.exec(url.pathname) ?? [];
  return url.searchParams.get("code")?.trim() ?? (last === "native" ? undefined : last);
}
