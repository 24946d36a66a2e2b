import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What the compiler makes of some sources. */
export interface Compiled {
  /** The errors of one source: each as the compiler prints it. */
  readonly errorsIn: (name: string) => string[];
  readonly checker: ts.TypeChecker;
  /** How many types the compiler has instantiated so far. */
  readonly instantiations: () => number;
  readonly sourceFile: (name: string) => ts.SourceFile;
}

/** Compiles sources, given by name, as if they stood beside a plugin that imports "howdah"; all in one program. */
export function compile(sources: Readonly<Record<string, string>>): Compiled {
  const pathOf = (name: string) => `${root}test/types/${name}.virtual.ts`;
  const texts = new Map(Object.entries(sources).map(([name, text]) => [pathOf(name), text]));
  const options = projectOptions();
  const host = ts.createCompilerHost(options);
  const fileExists = host.fileExists.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.getSourceFile = (path, language, ...rest) => {
    const text = texts.get(path);
    return text === undefined ? getSourceFile(path, language, ...rest) : ts.createSourceFile(path, text, language);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  const sourceFile = (name: string) => {
    const file = program.getSourceFile(pathOf(name));
    if (file === undefined) throw new Error(`no source is called ${name}`);
    return file;
  };
  const errorsIn = (name: string) => {
    const file = sourceFile(name);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(({ messageText }) =>
      ts.flattenDiagnosticMessageText(messageText, "\n"),
    );
  };
  return {
    errorsIn,
    checker: program.getTypeChecker(),
    instantiations: () => program.getInstantiationCount(),
    sourceFile,
  };
}

function projectOptions(): ts.CompilerOptions {
  const read: unknown = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path)).config;
  // Only the options are wanted: without `include` the folders are not searched for files.
  const { options } = ts.parseJsonConfigFileContent(
    { ...(read as object), include: [], files: ["x.ts"] },
    ts.sys,
    root,
  );
  return { ...options, noEmit: true, paths: { howdah: [`${root}core/plugin.ts`] } };
}
