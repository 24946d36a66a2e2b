import type { Logger } from "pino";
import type { InjectionToken } from "tsyringe";
import type { Account, Fleet, RiderEntry } from "../accounts/account.js";
import type { Pace } from "../auth/pace.js";
import type { ListenTiming } from "../events/listen.js";
import type { Tenure } from "../jobs/ownership.js";
import type { Plugin } from "../plugin.js";
import type { CurrentFleet } from "./current-fleet.js";
import type { DeliveryStore } from "./delivery-store.js";
import type { CheckCron } from "./rider.js";

/** The process' log. */
export const LoggerToken: InjectionToken<Logger> = Symbol("Logger");
/** What every request and socket calls itself. */
export const UserAgentToken: InjectionToken<string> = Symbol("UserAgent");
/** How a cron expression is checked. */
export const CheckCronToken: InjectionToken<CheckCron> = Symbol("CheckCron");
/** How long things take while listening, where that is not as usual. */
export const ListenTimingToken: InjectionToken<Partial<ListenTiming>> = Symbol("ListenTiming");
/** How long an account that is let go may take, in milliseconds. */
export const GraceToken: InjectionToken<number> = Symbol("Grace");
/** How many accounts of a server go on at a time after a pause. */
export const ResumePaceToken: InjectionToken<Pace> = Symbol("ResumePace");
/** accounts.yaml, as this process read it. */
export const FleetToken: InjectionToken<CurrentFleet> = Symbol("Fleet");
/** Reads accounts.yaml again, plugins beside it as well. Throws ConfigError. */
export const ReadFleetToken: InjectionToken<() => Promise<Fleet<Plugin>>> = Symbol("ReadFleet");
/** Riders of a child container's account as they were before their entries changed, as long as the new ones are unproven. */
export const EarlierRidersToken: InjectionToken<Map<string, RiderEntry<Plugin>>> = Symbol("EarlierRiders");
/** The account of a child container. */
export const AccountToken: InjectionToken<Account<Plugin>> = Symbol("Account");
/** The log of a child container's account. */
export const AccountLoggerToken: InjectionToken<Logger> = Symbol("AccountLogger");
/** The right to act for the account of a child container. */
export const TenureToken: InjectionToken<Tenure> = Symbol("Tenure");
/** What the events of a child container's account leave behind. */
export const DeliveryStoreToken: InjectionToken<DeliveryStore> = Symbol("DeliveryStore");
