import type { DependencyContainer } from "tsyringe";
import type { Redis } from "ioredis";
import type { Account, Fleet } from "../accounts/account.js";
import { didYouMean } from "../accounts/did-you-mean.js";
import { HowdahError } from "../errors.js";
import type { FleetHost } from "../host/fleet-host.js";
import type { Plugin } from "../plugin.js";
import type { Environment } from "./environment.js";

/** The fleet's services while a command runs. */
export interface Services {
  readonly container: DependencyContainer;
  /** Closes connections; the last one out stops an embedded Redis. */
  close(): Promise<void>;
}

/** What commands are given by the composition root. */
export interface Context {
  environment(options: { accounts?: string }): Environment;
  /** Reads accounts.yaml and its plugins. Throws ConfigError with every mistake. */
  fleet(environment: Environment): Promise<Fleet<Plugin>>;
  /** Connects to Redis, proves the key and registers every service. */
  services(environment: Environment, fleet: Fleet<Plugin>): Promise<Services>;
  /** Answers health checks on a port while the fleet runs. Throws PORT_TAKEN. */
  serveHealth(port: number, host: Pick<FleetHost, "owned">, redis: Redis): Promise<{ close(): Promise<void> }>;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** The account of that name. Throws ACCOUNT_UNKNOWN. */
export function accountNamed(fleet: Fleet<Plugin>, name: string): Account<Plugin> {
  const account = fleet.accounts.find((entry) => entry.name === name);
  if (account !== undefined) return account;
  throw unknownAccount(fleet, name);
}

/** What to throw for a name that is not in accounts.yaml. */
export function unknownAccount(fleet: Fleet<Plugin>, name: string): HowdahError {
  const names = fleet.accounts.map((entry) => entry.name);
  const near = didYouMean(name, names);
  return new HowdahError("ACCOUNT_UNKNOWN", `there is no account ${name} in accounts.yaml`, {
    cure: `${near === undefined ? "" : `did you mean ${near}? `}the accounts are: ${names.join(", ")}`,
  });
}

/** Runs `work` with the services and closes them whatever happens. */
export async function withServices<T>(
  context: Context,
  environment: Environment,
  fleet: Fleet<Plugin>,
  work: (services: Services) => Promise<T>,
): Promise<T> {
  const services = await context.services(environment, fleet);
  try {
    return await work(services);
  } finally {
    await services.close();
  }
}
