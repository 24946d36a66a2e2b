import { escapeHtml } from "../world/content.js";
import type { Person } from "../world/records.js";
import type { AuthorizationRequest } from "./authorization.js";

const style = `
  :root { color-scheme: light dark }
  body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 34rem; padding: 2rem 1rem }
  h1 { font-size: 1.4rem }
  button, input { font: inherit; padding: .5rem .9rem; border: 1px solid #767676; border-radius: .4rem }
  button { cursor: pointer }
  button.main { background: #4338ca; border-color: #4338ca; color: #fff }
  input.oauth-code { box-sizing: border-box; font-family: ui-monospace, monospace; width: 100% }
  ul.people { list-style: none; padding: 0 } ul.people li { margin: .5rem 0 } ul.people button { width: 100%; text-align: left }
  form.inline { display: inline-block; margin-right: .5rem }`;

/** A whole page around some content. */
export function htmlPage(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} - Sandbox</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${content}
</main>
</body>
</html>
`;
}

/** The choice of who to be; there are no passwords. */
export function signInPage(people: readonly Person[], csrf: string): string {
  const choices = people.map(
    ({ username }) => `<li><button name="user" value="${escapeHtml(username)}">${escapeHtml(username)}</button></li>`,
  );
  return htmlPage(
    "Sign in",
    `<p>This server is a sandbox: choose who you are.</p>
<form method="post" action="/auth/sign_in">
${hidden("authenticity_token", csrf)}
<ul class="people">
${choices.join("\n")}
</ul>
</form>`,
  );
}

/** The page that asks a person whether an app may act for them. */
export function consentPage(person: Person, request: AuthorizationRequest, csrf: string): string {
  const { app } = request;
  const website = app.website === null ? "" : ` (${escapeHtml(app.website)})`;
  const scopes = request.scopes.map((scope) => `<li><code>${escapeHtml(scope)}</code></li>`);
  return htmlPage(
    "Authorization required",
    `<p><strong>${escapeHtml(app.name)}</strong>${website} would like to act for
<strong>${escapeHtml(person.username)}</strong> with these permissions:</p>
<ul class="scopes">
${scopes.join("\n")}
</ul>
${decisionForm("authorize", "Authorize", request, csrf)}
${decisionForm("deny", "Deny", request, csrf)}
<p>Not ${escapeHtml(person.username)}?</p>
<form method="post" action="/auth/sign_out">${hidden("authenticity_token", csrf)}<button>Sign in as somebody else</button></form>`,
  );
}

/** The page with the code for an app that cannot be redirected to. */
export function codePage(code: string): string {
  return htmlPage(
    "Authorization code",
    `<p><label for="code">Copy this code and paste it into the application:</label></p>
<p><input id="code" class="oauth-code" name="code" type="text" readonly spellcheck="false" value="${escapeHtml(code)}"></p>`,
  );
}

/** The page that may meet somebody who agreed before, out of band: it holds the token itself. */
export function tokenPage(token: string): string {
  return htmlPage(
    "Authorization exists",
    `<p><label for="token">Access token is:</label></p>
<p><input id="token" type="text" readonly spellcheck="false" value="${escapeHtml(token)}"></p>`,
  );
}

/** A page about what went wrong. */
export function errorPage(description: string): string {
  return htmlPage("An error has occurred", `<p class="error" role="alert">${escapeHtml(description)}</p>`);
}

function decisionForm(id: string, label: string, request: AuthorizationRequest, csrf: string): string {
  const deny = id === "deny" ? hidden("_method", "delete") : "";
  const fields = {
    authenticity_token: csrf,
    client_id: request.app.clientId,
    redirect_uri: request.redirectUri,
    response_type: "code",
    scope: request.scopes.join(" "),
    ...(request.state === undefined ? {} : { state: request.state }),
    ...(request.challenge === undefined
      ? {}
      : { code_challenge: request.challenge.text, code_challenge_method: request.challenge.method }),
  };
  const inputs = Object.entries(fields).map(([name, value]) => hidden(name, value));
  const main = id === "authorize" ? ' class="main"' : "";
  return `<form class="inline" id="${id}" method="post" action="/oauth/authorize">
${deny}${inputs.join("")}
<button${main}>${label}</button>
</form>`;
}

const hidden = (name: string, value: string): string =>
  `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`;
