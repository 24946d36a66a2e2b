/** A browser that needs no window: keeps cookies, follows redirects, submits forms. */
export class Browser {
  readonly #cookies = new Map<string, string>();

  /** Opens an address; follows redirects as long as they stay on the same origin. */
  async open(address: string, init: { method?: string; body?: URLSearchParams } = {}): Promise<PageSeen> {
    const response = await fetch(address, { ...init, redirect: "manual", headers: { cookie: this.#cookie() } });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get("location");
    if (location === null) return { url: address, status: response.status, html: await response.text() };
    await response.arrayBuffer();
    const next = new URL(location, address);
    if (next.origin !== new URL(address).origin) return { url: next.href, status: response.status, html: "" };
    return this.open(next.href);
  }

  /** Submits the form that holds a button with this label or value. */
  async press(page: PageSeen, label: string): Promise<PageSeen> {
    const form = formsIn(page.html).find(({ buttons }) => buttons.some((button) => button.label === label));
    const button = form?.buttons.find((other) => other.label === label);
    if (form === undefined || button === undefined)
      throw new Error(`no button "${label}" on ${page.url}:\n${page.html}`);
    const fields = new URLSearchParams(form.fields);
    if (button.name !== undefined) fields.set(button.name, button.value ?? "");
    return this.open(new URL(form.action, page.url).href, { method: "POST", body: fields });
  }

  #cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  #keep(line: string): void {
    const [pair = ""] = line.split(";", 1);
    const [name = "", value = ""] = pair.split("=", 2);
    if (/max-age=0/i.test(line)) this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}

/** A page as it was seen. */
export interface PageSeen {
  readonly url: string;
  readonly status: number;
  readonly html: string;
}

/** The authorization code on the out-of-band page. */
export function codeOn(page: PageSeen): string {
  const [, code] = /<input id="code"[^>]* value="([^"]+)"/.exec(page.html) ?? [];
  if (code === undefined) throw new Error(`no code on ${page.url}:\n${page.html}`);
  return code;
}

/** Walks the pages: sign in, consent, code. */
export async function authorizeAs(address: string, user: string): Promise<string> {
  const browser = new Browser();
  const consent = await browser.press(await browser.open(address), user);
  return codeOn(await browser.press(consent, "Authorize"));
}

interface Form {
  readonly action: string;
  readonly fields: Record<string, string>;
  readonly buttons: { readonly label: string; readonly name: string | undefined; readonly value: string | undefined }[];
}

function formsIn(html: string): Form[] {
  return [...html.matchAll(/<form[^>]*action="([^"]+)"[^>]*>([\s\S]*?)<\/form>/g)].map(
    ([, action = "", inside = ""]) => ({
      action,
      fields: Object.fromEntries(
        [...inside.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(
          ([, name = "", value = ""]) => [name, unescaped(value)],
        ),
      ),
      buttons: [...inside.matchAll(/<button([^>]*)>([^<]*)<\/button>/g)].map(([, attributes = "", label = ""]) => ({
        label,
        name: /name="([^"]*)"/.exec(attributes)?.[1],
        value: /value="([^"]*)"/.exec(attributes)?.[1],
      })),
    }),
  );
}

const unescaped = (text: string): string =>
  text
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
