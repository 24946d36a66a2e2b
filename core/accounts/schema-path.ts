import { z } from "zod";

/** The schema that governs a path below `schema`, optional and default taken off; undefined where that cannot be told. */
export function schemaAt(schema: unknown, path: readonly PropertyKey[]): z.ZodType | undefined {
  const bare = unwrapped(schema);
  const [step, ...rest] = path;
  if (step === undefined || bare === undefined) return bare;
  if (bare instanceof z.ZodUnion) {
    const branches = bare.options.map((option) => schemaAt(option, path));
    return branches.find((branch) => branch !== undefined);
  }
  if (bare instanceof z.ZodObject) {
    const shape: Record<string, unknown> = bare.shape;
    return Object.hasOwn(shape, step) ? schemaAt(shape[String(step)], rest) : undefined;
  }
  if (bare instanceof z.ZodArray) return schemaAt(bare.element, rest);
  if (bare instanceof z.ZodRecord) return schemaAt(bare.valueType, rest);
  return undefined;
}

/** The keys that a map at a path may have; none where the schema does not list them. */
export function keysAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  const found = schemaAt(schema, path);
  if (found instanceof z.ZodObject) return Object.keys(found.shape);
  if (!(found instanceof z.ZodUnion)) return [];
  return found.options.flatMap((option) => keysAt(option, []));
}

function unwrapped(schema: unknown): z.ZodType | undefined {
  let inner = schema;
  for (;;) {
    if (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) inner = inner.unwrap();
    else if (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) inner = inner.unwrap();
    else if (inner instanceof z.ZodReadonly || inner instanceof z.ZodCatch) inner = inner.unwrap();
    else if (inner instanceof z.ZodPipe) inner = inner.in;
    else return inner instanceof z.ZodType ? inner : undefined;
  }
}
