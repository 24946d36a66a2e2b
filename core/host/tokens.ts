import type { Logger } from "pino";
import type { InjectionToken } from "tsyringe";
import type { Account, Fleet } from "../accounts/account.js";
import type { Pace } from "../auth/pace.js";
import type { ListenTiming } from "../events/listen.js";
import type { Tenure } from "../jobs/ownership.js";
import type { Plugin } from "../plugin.js";
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
/** accounts.yaml, as this process read it. */
export const FleetToken: InjectionToken<Fleet<Plugin>> = Symbol("Fleet");
/** How many accounts of a server go on at a time after a pause. */
export const ResumePaceToken: InjectionToken<Pace> = Symbol("ResumePace");
/** The account of a child container. */
export const AccountToken: InjectionToken<Account<Plugin>> = Symbol("Account");
/** The right to act for the account of a child container. */
export const TenureToken: InjectionToken<Tenure> = Symbol("Tenure");
/** What the events of a child container's account leave behind. */
export const DeliveryStoreToken: InjectionToken<DeliveryStore> = Symbol("DeliveryStore");
