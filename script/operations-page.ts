import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { LookUp, Operation } from "../core/mastodon/operation.js";
import { operationList, operations } from "../core/mastodon/operations.js";
import { isSimulated } from "../sandbox/operations/handlers.js";

/** docs/operations.md as the operation table has it. */
export function operationsPage(): string {
  const sections = Object.keys(operations).map((group) =>
    section(
      group,
      operationList.filter(({ name }) => name.startsWith(`${group}.`)),
    ),
  );
  return [intro(), ...sections].join("\n");
}

function intro(): string {
  const simulated = operationList.filter(({ name }) => isSimulated(name)).length;
  return `# Operations

Every operation of a plugin's client: \`client.statuses.create({ status: "hello" })\`. This page is written from the
operation table by \`npm run docs:operations\`; \`npx howdah operations\` prints the same, with \`--scope\` only what one scope permits,
with \`--json\` for programs. What the parameters and results mean says [Mastodon's documentation](https://docs.joinmastodon.org/methods/).

- **Scopes**: any one of them, or a parent (\`read\`, \`write\`, \`admin:read\`, \`admin:write\`, \`follow\`), permits the operation. \`follow\` stands for writing follows and for
  blocks and mutes; of \`read:follows\` it permits only the list of follow requests. Admin operations need a role on the server too.
- **Does**: _reads_; _writes_, each time it is sent; _repeatable_ writes may be sent again without a second effect.
- **Unknown outcome**: how it is found out what became of a write whose answer never came. _Never_ means that it is kept as uncertain, for a human to decide.
- **Limit**: the bucket of the server's rate limits that it counts in beside the general ones.
- **Sandbox**: \`501\` where \`bot sandbox\` checks the scopes but does not carry the operation out. It carries out ${simulated} of ${operationList.length}.
`;
}

function section(group: string, entries: typeof operationList): string {
  const lines = entries.map(({ name, operation }) =>
    [
      `\`${name}\``,
      `\`${operation.method} ${operation.path}\``,
      operation.scopes.map((scope) => `\`${scope}\``).join(" ") || "any token",
      does(operation),
      outcome(operation.lookUp),
      operation.bucket === "default" ? "" : operation.bucket,
      operation.since ?? "",
      isSimulated(name) ? "" : "501",
    ].join(" | "),
  );
  return `## ${group}

| Operation | Endpoint | Scopes | Does | Unknown outcome | Limit | Since | Sandbox |
|---|---|---|---|---|---|---|---|
${lines.map((line) => `| ${line} |`).join("\n")}
`;
}

function does({ effect, paged }: Operation): string {
  if (effect === "read") return paged ? "reads pages" : "reads";
  return effect === "write" ? "writes" : "repeatable";
}

function outcome(lookUp: LookUp): string {
  if (typeof lookUp === "object") return `\`${lookUp.in}\` by \`${lookUp.by.join("`, `")}\``;
  return { "own-statuses": "own posts", poll: "the poll", none: "never", unneeded: "" }[lookUp];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(new URL("../docs/operations.md", import.meta.url), operationsPage());
}
