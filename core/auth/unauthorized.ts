import type { AccountKey, Vault } from "./vault.js";

/** Why an account has no token, and what to do. */
export async function whyUnauthorized(vault: Vault, account: AccountKey): Promise<{ reason: string; cure: string }> {
  const { name, server } = account;
  const cure = `run: bot auth ${name}`;
  const lost = await vault.lostBecause(account);
  if (lost !== undefined) return { reason: lost, cure };
  if ((await vault.generation(account)) > 0) return { reason: "its token was refused by the server, or revoked", cure };
  const [before] = await vault.elsewhere(account);
  if (before === undefined) return { reason: "not authorized yet", cure };
  return {
    reason: `${name} was @${before.username} on ${before.server}`,
    cure: `authorize it on ${server} with: bot auth ${name}, or put server: ${before.server} back into accounts.yaml`,
  };
}
