import type { ExportContent, ExportedAccount } from "./export-file.js";
import type { AccountKey, NewCredentials, Person, Vault } from "./vault.js";

/** What an import will do with an account. `kept`: what is here is as new or newer. */
export type ImportAction = "new" | "replaced" | "kept" | "refused";

/** One account of an import, before it is carried out. */
export interface ImportStep {
  readonly exported: ExportedAccount;
  readonly action: ImportAction;
  /** What the operator should know; may be empty. */
  readonly note: string;
  /** The generation here that was looked at: who changes it meanwhile wins. */
  readonly generation: number;
}

/** The accounts' credentials with their apps, in clear; accounts that hold no token are left out. */
export async function collectExport(vault: Vault, accounts: readonly AccountKey[]): Promise<ExportContent> {
  const exported: ExportedAccount[] = [];
  for (const account of accounts) {
    const credentials = await vault.credentials(account);
    if (credentials === undefined) continue;
    const { generation: _, ...kept } = credentials;
    const person = await vault.person(account);
    const app = kept.appScopes === undefined ? undefined : await vault.app(account.server, kept.appScopes);
    exported.push({ name: account.name, server: account.server, credentials: kept, person, app });
  }
  return { exportedAt: new Date().toISOString(), accounts: exported };
}

/** What an import would do; changes nothing. `force`: newer credentials here are replaced too. */
export async function planImport(vault: Vault, exported: ExportContent, force: boolean): Promise<ImportStep[]> {
  const steps: ImportStep[] = [];
  for (const account of exported.accounts) steps.push(await planStep(vault, account, force));
  return steps;
}

/** Carries a step out. Answers false where somebody changed the account since it was planned. */
export async function importStep(vault: Vault, { exported, generation }: ImportStep): Promise<boolean> {
  const { app, credentials, person, server } = exported;
  if (person !== undefined && (await vault.pin(exported, person)) !== undefined) return false;
  if (app !== undefined && (await vault.app(server, app.scopes)) === undefined) await vault.storeApp(server, app);
  return (await vault.store(exported, complete(credentials), generation)) !== undefined;
}

async function planStep(vault: Vault, exported: ExportedAccount, force: boolean): Promise<ImportStep> {
  const here = await vault.credentials(exported);
  const generation = await vault.generation(exported);
  const step = (action: ImportAction, note: string): ImportStep => ({ exported, action, note, generation });
  const against = await whyNot(vault, exported, exported.person);
  if (against !== undefined) return step("refused", against);
  if (here === undefined) return step("new", await aboutApp(vault, exported));
  if (here.accessToken === exported.credentials.accessToken) return step("kept", "the same token is here already");
  const isNewer = here.obtainedAt >= exported.credentials.obtainedAt;
  if (isNewer && !force) return step("kept", "the credentials here are newer; --force replaces them");
  return step("replaced", isNewer ? "the credentials here are newer" : await aboutApp(vault, exported));
}

/** An account is bound to its person for good, and a person to one account. */
async function whyNot(vault: Vault, account: AccountKey, person: Person | undefined): Promise<string | undefined> {
  const pinned = await vault.person(account);
  if (person === undefined) return undefined;
  if (pinned !== undefined && pinned.id !== person.id) return `${account.name} is @${pinned.username} here`;
  const holder = await vault.holder(account.server, person.id);
  if (holder === undefined || holder === account.name) return undefined;
  return `@${person.username} belongs to the account ${holder} here`;
}

/** A refresh token is good only with the app that it was issued to, and this fleet keeps its own. */
async function aboutApp(vault: Vault, { app, credentials, server }: ExportedAccount): Promise<string> {
  if (credentials.refreshToken === undefined || app === undefined) return "";
  const here = await vault.app(server, app.scopes);
  if (here === undefined || here.clientId === app.clientId) return "";
  return "its token cannot be renewed with this fleet's app: bot auth will be needed when it expires";
}

function complete(credentials: ExportedAccount["credentials"]): NewCredentials {
  const { appScopes, expiresAt, refreshToken } = credentials;
  return { ...credentials, appScopes, expiresAt, refreshToken };
}
