import { Argument, type Command } from "commander";
import type { DependencyContainer } from "tsyringe";
import type { Account, Fleet } from "../accounts/account.js";
import { HowdahError, NetworkError } from "../errors.js";
import { HttpToken, type Http } from "../mastodon/http.js";
import type { Plugin } from "../plugin.js";
import { RedisToken } from "../store/redis.js";
import { withServices, type Context } from "./context.js";
import { accountChecks, accountSubject } from "./doctor-account.js";
import { failure, findingsOf, type Finding } from "./doctor-check.js";
import { fleetChecks } from "./doctor-fleet.js";
import { hostChecks } from "./doctor-host.js";
import { redisChecks, redisFacts } from "./doctor-redis.js";
import { reachable, serverChecks, type ServerSubject } from "./doctor-server.js";
import type { Environment } from "./environment.js";
import { exitCodes } from "./exit.js";
import { table } from "./table.js";

interface DoctorOptions {
  accounts?: string;
  json?: boolean;
}

/** What a call is about: the fleet, a server, or an account on its server. */
type Topic = { readonly server: string; readonly account: Account<Plugin> | undefined } | "fleet";

/** `bot doctor`: looks for what is wrong, and says what to do. */
export function addDoctor(program: Command, context: Context): void {
  program
    .command("doctor")
    .description("look for what is wrong with the fleet, with an account or with a server, and say what to do")
    .addArgument(new Argument("[subject]", "an account of accounts.yaml, or a server's address; default the fleet"))
    .option("--accounts <file>", "another accounts.yaml")
    .option("--json", "as one JSON document")
    .action(async (name: string | undefined, options: DoctorOptions) => {
      const environment = context.environment(options);
      const fleet = await context.fleet(environment);
      const topic = topicOf(fleet, name);
      const onHost = topic === "fleet" ? await findingsOf(hostChecks, environment) : [];
      const findings = [...onHost, ...(await withRedis({ context, environment, fleet }, topic))];
      const output = options.json === true ? JSON.stringify(findings, null, 2) : describe(findings);
      context.stdout.write(`${output}\n`);
      if (findings.some(({ verdict }) => verdict === "fail")) process.exitCode = exitCodes.failed;
    });
}

function topicOf(fleet: Fleet<Plugin>, name: string | undefined): Topic {
  if (name === undefined) return "fleet";
  const account = fleet.accounts.find((entry) => entry.name === name);
  if (account !== undefined) return { server: account.server, account };
  const known = fleet.accounts.find(({ server }) => server === name || new URL(server).host === name);
  const server = known?.server ?? originIn(name);
  if (server !== undefined) return { server, account: undefined };
  throw new HowdahError("ACCOUNT_UNKNOWN", `${name} is no account of accounts.yaml, and no server's address`, {
    cure: `the accounts are: ${fleet.accounts.map((entry) => entry.name).join(", ")}; a server is written https://...`,
  });
}

function originIn(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text).origin;
}

interface Call {
  readonly context: Context;
  readonly environment: Environment;
  readonly fleet: Fleet<Plugin>;
}

/** What needs Redis. Where it is not there, or its keys are wrong, that is what is found. */
async function withRedis({ context, environment, fleet }: Call, topic: Topic): Promise<Finding[]> {
  try {
    return await withServices(context, environment, fleet, async ({ container }) =>
      topic === "fleet" ? ofFleet(container, fleet) : ofServer(container, topic),
    );
  } catch (error) {
    if (!(error instanceof HowdahError)) throw error;
    return [{ check: /^(?:KEY|VAULT|MIRROR)_/.test(error.code) ? "keys" : "redis", ...failure(error) }];
  }
}

async function ofFleet(container: DependencyContainer, fleet: Fleet<Plugin>): Promise<Finding[]> {
  const facts = await redisFacts(container.resolve(RedisToken));
  return [...(await findingsOf(redisChecks, facts)), ...(await findingsOf(fleetChecks, { container, fleet }))];
}

async function ofServer(
  container: DependencyContainer,
  { account, server }: Exclude<Topic, "fleet">,
): Promise<Finding[]> {
  const http = container.resolve(HttpToken);
  const subject: ServerSubject = { http, origin: server, first: await firstAnswer(http, server) };
  const findings = await findingsOf([reachable], subject);
  const isThere = !(subject.first instanceof NetworkError);
  if (isThere) findings.push(...(await findingsOf(serverChecks, subject)));
  if (account !== undefined) {
    findings.push(...(await ofAccount(container, account)));
  }
  return findings;
}

/** A vault that waits for its operator gives nothing out. */
async function ofAccount(container: DependencyContainer, account: Account<Plugin>): Promise<Finding[]> {
  try {
    return await findingsOf(accountChecks, await accountSubject(account, container));
  } catch (error) {
    return [{ check: "account.token", ...failure(error) }];
  }
}

async function firstAnswer(http: Http, origin: string): Promise<ServerSubject["first"]> {
  try {
    return await http.send({ origin, method: "GET", path: "/api/v1/instance", what: "the server" });
  } catch (error) {
    if (error instanceof NetworkError) return error;
    throw error;
  }
}

function describe(findings: readonly Finding[]): string {
  const rows = table(
    ["", "CHECK", "FOUND"],
    findings.map(({ check, found, verdict }) => [verdict, check, found]),
  );
  const indent = (rows[0] ?? "").indexOf("FOUND");
  const lines = rows.flatMap((row, index) => {
    const cure = findings[index - 1]?.cure ?? "";
    return cure === "" ? [row] : [row, `${" ".repeat(indent)}-> ${cure}`];
  });
  const count = (wanted: string) => findings.filter(({ verdict }) => verdict === wanted).length;
  return [...lines, "", `${count("ok")} ok, ${count("warn")} to know, ${count("fail")} wrong`].join("\n");
}
