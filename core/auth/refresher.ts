import { inject, injectable } from "tsyringe";
import { NetworkError } from "../errors.js";
import { isAppForgotten, OAuth, type TokenOutcome, type TokenRefusal } from "./oauth.js";
import { RefreshLease } from "./refresh-lease.js";
import { Registration } from "./registration.js";
import { VaultToken, type AccountKey, type App, type Credentials, type RefreshIntent, type Vault } from "./vault.js";
import { judge, judgeRenewal, type Verdict } from "./verdict.js";

/** The first request, and one more that finds out what became of it. */
const mostUnreported = 2;

/** What came of a renewal. */
export interface Renewal {
  /** In force now: renewed here or elsewhere, or the old ones where they could not be renewed. */
  readonly credentials: Credentials;
  /** Set where the server gave no answer to hold on to: the refresh token may still be good. */
  readonly postponed?: Verdict;
  /** Set where an earlier renewal's answer was lost, and the refresh token with it: how. */
  readonly lost?: string;
}

/** Credentials that can be renewed, and the app that they were given to. */
interface Spending {
  readonly account: AccountKey;
  readonly app: App;
  readonly spent: Credentials;
  readonly refreshToken: string;
  /** A renewal of the same credentials that was tried before, by whomever. */
  readonly earlier: RefreshIntent | undefined;
}

/**
 * Step 2: spends a refresh token in one process at a time. That it will be spent is recorded before the request is
 * sent, bound to the generation, and gone with it. Whoever finds such a record knows that an answer may be lost: it tries
 * the old refresh token once more (the request may never have left, and some servers keep the old pair until the new one
 * is used), and leaves it alone after that. To be called right after the server has answered a verification.
 */
@injectable()
export class Refresher {
  readonly #vault: Vault;
  readonly #registration: Registration;
  readonly #oauth: OAuth;
  readonly #lease: RefreshLease;

  constructor(
    @inject(VaultToken) vault: Vault,
    @inject(Registration) registration: Registration,
    @inject(OAuth) oauth: OAuth,
    @inject(RefreshLease) lease: RefreshLease,
  ) {
    this.#vault = vault;
    this.#registration = registration;
    this.#oauth = oauth;
    this.#lease = lease;
  }

  /** Renews, or says why not. A newer generation than the one to spend is taken as it is. */
  async refresh(account: AccountKey, spent: Credentials): Promise<Renewal> {
    const { appScopes, refreshToken } = spent;
    if (refreshToken === undefined || appScopes === undefined) return { credentials: spent };
    const app = await this.#vault.app(account.server, appScopes);
    if (app === undefined) return { credentials: spent };
    const earlier = await this.#vault.refreshIntent(account, spent.generation);
    if (earlier !== undefined && earlier.unreported >= mostUnreported) {
      return { credentials: spent, lost: whyLost(earlier) };
    }
    // Before the lease is taken, which is for one request only.
    const unprepared = await this.#oauth.prepare(account.server).then(() => undefined, passNetwork);
    if (unprepared !== undefined) return { credentials: spent, postponed: judge(unprepared) };
    const spending = { account, app, spent, refreshToken, earlier };
    const renewal = await this.#lease.hold(account.name, () => this.#spend(spending));
    return renewal ?? this.refresh(account, spent);
  }

  /** Undefined where another process has tried meanwhile: what came of that must be looked at first. */
  async #spend(spending: Spending): Promise<Renewal | undefined> {
    const { account, app, earlier, refreshToken, spent } = spending;
    const current = await this.#vault.credentials(account);
    if (current?.generation !== spent.generation) return { credentials: current ?? spent };
    if (!isSame(await this.#vault.refreshIntent(account, spent.generation), earlier)) return undefined;
    const intent = { sentAt: earlier?.sentAt ?? Date.now(), unreported: (earlier?.unreported ?? 0) + 1 };
    if (!(await this.#vault.setRefreshIntent(account, spent.generation, intent))) return undefined;
    const outcome = await this.#oauth.refresh(account.server, app, spent, refreshToken).catch(passNetwork);
    if (outcome instanceof NetworkError) {
      await this.#report(spending, intent, outcome.sent);
      return { credentials: spent, postponed: judge(outcome) };
    }
    return "refusal" in outcome
      ? this.#refused(spending, intent, outcome.refusal)
      : this.#store(spending, outcome.token);
  }

  /** Stored before it is used, also where it comes late: over the generation that it spent. */
  async #store({ account, spent }: Spending, token: Extract<TokenOutcome, { token: unknown }>["token"]) {
    const generation = await this.#vault.store(account, token, spent.generation);
    if (generation !== undefined) return { credentials: { ...token, generation } };
    return { credentials: (await this.#vault.credentials(account)) ?? spent };
  }

  async #refused(spending: Spending, intent: RefreshIntent, refusal: TokenRefusal): Promise<Renewal> {
    const { account, app, earlier, spent } = spending;
    const postponed = judgeRenewal(refusal);
    if (postponed !== undefined) {
      await this.#report(spending, intent, refusal.status < 400 || refusal.status >= 500);
      return { credentials: spent, postponed };
    }
    if (isAppForgotten(refusal)) await this.#registration.forget(account.server, app);
    const isLost = earlier !== undefined && !isAppForgotten(refusal);
    const rest = isLost ? { ...intent, unreported: mostUnreported } : earlier;
    await this.#vault.setRefreshIntent(account, spent.generation, rest);
    return isLost ? { credentials: spent, lost: whyLost(earlier) } : { credentials: spent };
  }

  /** This request's process lives and knows of no answer: it may have taken effect, or has certainly not. */
  async #report({ account, earlier, spent }: Spending, { sentAt }: RefreshIntent, mayHaveTakenEffect: boolean) {
    const rest = mayHaveTakenEffect ? { sentAt, unreported: earlier?.unreported ?? 0 } : earlier;
    await this.#vault.setRefreshIntent(account, spent.generation, rest);
  }
}

function whyLost({ sentAt, unreported }: RefreshIntent): string {
  const at = new Date(sentAt).toISOString();
  const what =
    unreported === 0
      ? `the answer to a renewal at ${at} never came`
      : `a renewal at ${at} was sent by a process that died before its answer was stored`;
  return `${what}; this server replaces tokens at once, so the new one is lost`;
}

function isSame(one: RefreshIntent | undefined, other: RefreshIntent | undefined): boolean {
  return one?.sentAt === other?.sentAt && one?.unreported === other?.unreported;
}

function passNetwork(error: unknown): NetworkError {
  if (error instanceof NetworkError) return error;
  throw error;
}
