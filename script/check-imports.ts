/**
 * The architecture as a check: which room imports which, no cycles, bullmq in one room, the environment in few.
 * `jiti script/check-imports.ts [root]` prints `file:line: rule: what is wrong` for each violation and exits 1.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";

interface Violation {
  readonly file: string;
  readonly line: number;
  readonly rule: "room-order" | "package" | "environment" | "cycle";
  readonly message: string;
}

interface Import {
  readonly specifier: string;
  readonly line: number;
}

interface Source {
  /** From the root, with `/`. */
  readonly file: string;
  readonly imports: readonly Import[];
  /** The lines that read `process.env`. */
  readonly environment: readonly number[];
}

const checkedFolders = ["core", "plugins", "sandbox"];

/** Rooms by level: a room imports rooms of lower levels, never one of its own or a higher one. */
const levels: readonly (readonly string[])[] = [
  ["errors"],
  ["store", "accounts", "mastodon"],
  ["jobs"],
  ["auth"],
  ["client"],
  ["events"],
  ["plugin"],
  ["host"],
  ["testing"],
  ["cli", "dashboard"],
  ["main"],
];

/** What a room may import beside what its level allows. */
const alsoAllowed: Readonly<Record<string, readonly string[]>> = {
  accounts: ["core/mastodon/scopes.ts"],
  host: ["plugins/"],
  testing: ["sandbox/"],
  cli: ["plugins/", "sandbox/"],
};

/** Rooms outside the levels, with all that they may import beside themselves. */
const closedRooms: Readonly<Record<string, readonly string[]>> = {
  plugins: ["core/plugin.ts"],
  sandbox: ["core/mastodon/"],
};

/** Packages that one room alone may import. */
const packageRooms: Readonly<Record<string, string>> = { bullmq: "jobs" };

const environmentRooms = ["main", "cli"];

/** The package's own doors, as a plugin imports them. */
const doors: Readonly<Record<string, string>> = {
  howdah: "core/plugin.ts",
  "howdah/testing": "core/testing/index.ts",
};

function roomOf(file: string): string {
  const [top = "", next = ""] = file.split("/");
  if (top === "plugins") return file.split("/").slice(0, 2).join("/");
  return top === "core" ? next.replace(/\.ts$/, "") : top;
}

function levelOf(room: string): number {
  return levels.findIndex((rooms) => rooms.includes(room));
}

function sourceFiles(root: string): string[] {
  return checkedFolders
    .flatMap((folder) => {
      try {
        return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file));
      } catch {
        return [];
      }
    })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /\.[cm]?[jt]sx?$/.test(file) && !file.endsWith(".d.ts"))
    .toSorted();
}

function readSource(root: string, file: string): Source {
  const tree = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const environment: number[] = [];
  const visit = (node: ts.Node): void => {
    const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
    const specifier = specifierOf(node);
    if (specifier !== undefined) imports.push({ specifier, line });
    if (readsEnvironment(node)) environment.push(line);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { file, imports, environment };
}

/** What `node` imports: `import`, `export from`, `import()`, `import("x").Type`, `import x = require()`. */
function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literalText(node.moduleSpecifier);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return literalText(node.argument.literal);
  if (ts.isExternalModuleReference(node)) return literalText(node.expression);
  if (!ts.isCallExpression(node)) return undefined;
  const { expression } = node;
  const loads = expression.kind === ts.SyntaxKind.ImportKeyword || isNamed(expression, "require");
  return loads ? literalText(node.arguments[0]) : undefined;
}

/** `process.env`, `process["env"]`, `{ env } = process`, `import { env } from "node:process"`. */
function readsEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === "env" && isProcess(node.expression);
  if (ts.isElementAccessExpression(node)) {
    return literalText(node.argumentExpression) === "env" && isProcess(node.expression);
  }
  if (ts.isBindingElement(node)) return isNamed(node.propertyName ?? node.name, "env") && isFromProcess(node);
  if (!ts.isImportSpecifier(node) || !isNamed(node.propertyName ?? node.name, "env")) return false;
  return /^(node:)?process$/.test(literalText(node.parent.parent.parent.moduleSpecifier) ?? "");
}

function isFromProcess(binding: ts.BindingElement): boolean {
  const declaration = binding.parent.parent;
  return ts.isVariableDeclaration(declaration) && !!declaration.initializer && isProcess(declaration.initializer);
}

/** `process` or `globalThis.process`. */
function isProcess(node: ts.Expression): boolean {
  return isNamed(node, "process") || (ts.isPropertyAccessExpression(node) && node.name.text === "process");
}

function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

function literalText(node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined;
}

/** The file of the tree that an import means; undefined for a package. */
function targetOf(file: string, specifier: string, files: ReadonlySet<string>): string | undefined {
  const door = doors[specifier];
  if (door !== undefined) return door;
  if (!specifier.startsWith(".")) return undefined;
  const path = posix.join(posix.dirname(file), specifier);
  const typescript = path.replace(/\.([cm]?)js(x?)$/, ".$1ts$2");
  return [path, typescript, `${path}.ts`, `${path}/index.ts`].find((candidate) => files.has(candidate)) ?? typescript;
}

function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

/** Why `from` may not import `to`; undefined where it may. */
function orderViolation(from: string, to: string): string | undefined {
  const room = roomOf(from);
  if (roomOf(to) === room) return undefined;
  const closed = closedRooms[room.split("/")[0] ?? ""];
  const allowed = closed ?? alsoAllowed[room] ?? [];
  if (allowed.some((path) => to === path || (path.endsWith("/") && to.startsWith(path)))) return undefined;
  if (closed) return `${room} imports ${closed.join(", ")} only, not ${to}`;
  if (levelOf(room) < 0) return `${room} is no room of the design`;
  const level = levelOf(roomOf(to));
  if (level >= 0 && level < levelOf(room)) return undefined;
  return `${room} may not import ${to}`;
}

function checkSource(source: Source, files: ReadonlySet<string>): Violation[] {
  const room = roomOf(source.file);
  const found = source.imports.flatMap(({ specifier, line }): Violation[] => {
    const target = targetOf(source.file, specifier, files);
    if (target !== undefined) {
      const message = orderViolation(source.file, target);
      return message === undefined ? [] : [{ file: source.file, line, rule: "room-order", message }];
    }
    const owner = packageRooms[packageOf(specifier)];
    if (owner === undefined || owner === room) return [];
    return [{ file: source.file, line, rule: "package", message: `only core/${owner} imports ${specifier}` }];
  });
  if (environmentRooms.includes(room)) return found;
  const message = `only ${environmentRooms.join(" and ")} read process.env`;
  return [
    ...found,
    ...source.environment.map((line) => ({ file: source.file, line, rule: "environment" as const, message })),
  ];
}

/** One violation for each import that closes a circle, found by walking depth first from every file. */
function cycles(sources: readonly Source[], files: ReadonlySet<string>): Violation[] {
  const byFile = new Map(sources.map((source) => [source.file, source]));
  const done = new Set<string>();
  const found: Violation[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    const here = [...path, file];
    for (const { specifier, line } of byFile.get(file)?.imports ?? []) {
      const target = targetOf(file, specifier, files);
      if (target === undefined || !byFile.has(target)) continue;
      const start = here.indexOf(target);
      if (start >= 0) found.push({ file, line, rule: "cycle", message: [...here.slice(start), target].join(" -> ") });
      else if (!done.has(target)) walk(target, here);
    }
    done.add(file);
  };
  for (const { file } of sources) if (!done.has(file)) walk(file, []);
  return found;
}

const root = process.argv[2] ?? ".";
const paths = sourceFiles(root);
const files = new Set(paths);
const sources = paths.map((file) => readSource(root, file));
const violations = [...sources.flatMap((source) => checkSource(source, files)), ...cycles(sources, files)];
for (const { file, line, rule, message } of violations) console.log(`${file}:${line}: ${rule}: ${message}`);
console.log(`${sources.length} files, ${violations.length} violations`);
process.exitCode = violations.length === 0 ? 0 : 1;
