import ts from "typescript";
import { describe, expect, test } from "vitest";
import { compile } from "./compile.js";
import { blocksInGuide } from "./documentation.js";
import { handedOut, planted, right, wrong } from "./fixtures.js";

const guideBlocks = blocksInGuide("ts").map((text, index) => [`guide ${index + 1}`, text] as const);

// One program for all: most of the time goes into the libraries' types.
const compiled = compile({
  ...right,
  ...Object.fromEntries(wrong),
  ...Object.fromEntries(guideBlocks),
  "handed out": handedOut,
  planted,
});

describe("what the scopes permit compiles", () => {
  test.each(Object.keys(right))("%s", (name) => {
    expect(compiled.errorsIn(name)).toEqual([]);
  });
});

describe("what they do not permit is an error that says why", () => {
  test.each(wrong)("%s", (name, _source, errors) => {
    expect(compiled.errorsIn(name)).toEqual(errors);
  });
});

describe("docs/plugins.md", () => {
  test("shows how to write a plugin", () => {
    expect(guideBlocks.length).toBeGreaterThan(0);
  });

  test.each(guideBlocks)("%s compiles", (name) => {
    expect(compiled.errorsIn(name)).toEqual([]);
  });
});

describe("any", () => {
  test("nothing that an author gets is of that type, however deep", () => {
    expect(compiled.errorsIn("handed out")).toEqual([]);
    expect(anyIn("handed out")).toEqual([]);
  });

  test("the search finds one", () => {
    expect(anyIn("planted")).toEqual(["deep()<0>.inner<0>"]);
  });
});

/** The paths from a module's exports to every `any`, through properties, calls and type arguments. */
function anyIn(name: string): string[] {
  const { checker } = compiled;
  const found: string[] = [];
  const visited = new Set<ts.Type>();

  const visit = (type: ts.Type, path: string): void => {
    if (type.flags & ts.TypeFlags.Any) found.push(path);
    if (visited.has(type) || type.flags & primitive) return;
    visited.add(type);
    if (type.isUnionOrIntersection()) for (const part of type.types) visit(part, path);
    for (const [index, argument] of argumentsOf(type).entries()) visit(argument, `${path}<${index}>`);
    const constraint = checker.getBaseConstraintOfType(type);
    if (constraint !== undefined) visit(constraint, path);
    if (isForeign(type)) return;
    for (const property of checker.getPropertiesOfType(type)) {
      visit(checker.getTypeOfSymbol(property), `${path}.${property.name}`);
    }
    for (const signature of [...type.getCallSignatures(), ...type.getConstructSignatures()]) {
      for (const parameter of signature.parameters)
        visit(checker.getTypeOfSymbol(parameter), `${path}(${parameter.name})`);
      visit(signature.getReturnType(), `${path}()`);
    }
  };

  const argumentsOf = (type: ts.Type): readonly ts.Type[] =>
    isReference(type) ? checker.getTypeArguments(type) : (type.aliasTypeArguments ?? []);

  const module = checker.getSymbolAtLocation(compiled.sourceFile(name));
  for (const symbol of module === undefined ? [] : checker.getExportsOfModule(module)) {
    visit(checker.getTypeOfSymbol(symbol), symbol.name);
  }
  return found;
}

const primitive =
  ts.TypeFlags.StringLike |
  ts.TypeFlags.NumberLike |
  ts.TypeFlags.BooleanLike |
  ts.TypeFlags.Null |
  ts.TypeFlags.Undefined;

/** Of the language's or an npm package's own declarations: not ours to keep free of `any`. */
function isForeign(type: ts.Type): boolean {
  const declared = type.getSymbol()?.declarations ?? [];
  return declared.some((declaration) => declaration.getSourceFile().fileName.includes("/node_modules/"));
}

function isReference(type: ts.Type): type is ts.TypeReference {
  return (
    (type.flags & ts.TypeFlags.Object) !== 0 && ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference) !== 0
  );
}
