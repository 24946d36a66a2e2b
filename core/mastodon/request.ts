import { FormData } from "undici";

import type { Operation } from "./operation.js";

/** A row of the operation table with parameters, as HTTP wants it. */
export interface BuiltRequest {
  /** With the query. */
  path: string;
  body?: string | FormData;
  contentType?: string;
}

/** The parameters of an operation; undefined ones are as if they were not there. */
export type RequestParams = Readonly<Record<string, unknown>>;

/**
 * Lays parameters into an operation: those of its path percent-encoded (ids such as `time/type/uuid` stay one
 * segment), the others as query, JSON or form. `name` is how errors call the operation.
 * @throws TypeError if a parameter of the path is missing, or a parameter cannot be written that way.
 * @see https://docs.joinmastodon.org/client/intro/#parameters
 */
export function buildRequest(operation: Operation, params: RequestParams, name: string): BuiltRequest {
  const { literals, names } = templateOf(operation);
  let path = literals[0] ?? "";
  names.forEach((parameter, at) => {
    path += segment(params[parameter], parameter, name) + (literals[at + 1] ?? "");
  });
  const rest = Object.keys(params).filter((key) => params[key] !== undefined && !names.includes(key));
  if (rest.length === 0) return { path };
  if (operation.body === "multipart") return { path, body: formOf(fieldsOf(params, rest), name) };
  if (operation.body === "json") {
    if (rest.some((key) => isFile(params[key]))) return { path, body: formOf(flatFieldsOf(params, rest), name) };
    const body = names.length === 0 ? params : Object.fromEntries(rest.map((key) => [key, params[key]]));
    return { path, body: JSON.stringify(body), contentType: "application/json" };
  }
  const query = queryOf(params, rest, name);
  return query === "" ? { path } : { path: `${path}?${query}` };
}

interface Template {
  readonly literals: readonly string[];
  readonly names: readonly string[];
}

const templates = new WeakMap<Operation, Template>();

/** The path of an operation taken apart, once: it is on the way of every call. */
function templateOf(operation: Operation): Template {
  const known = templates.get(operation);
  if (known !== undefined) return known;
  const parts = operation.path.split(/\{(\w+)\}/);
  const template = { literals: parts.filter((_, at) => at % 2 === 0), names: parts.filter((_, at) => at % 2 === 1) };
  templates.set(operation, template);
  return template;
}

function segment(value: unknown, parameter: string, name: string): string {
  const text = textOf(value);
  // Dots alone would be resolved away by proxies, and the call would reach another endpoint.
  if (text === undefined || /^\.{0,2}$/.test(text)) {
    throw new TypeError(`${name} needs the parameter ${parameter}: an id that is not empty`);
  }
  return encodeURIComponent(text);
}

function queryOf(params: RequestParams, keys: readonly string[], name: string): string {
  const pairs: string[] = [];
  for (const [field, value] of fieldsOf(params, keys)) {
    const text = textOf(value);
    if (text === undefined) throw new TypeError(`${name}: the parameter ${field} does not fit into a query`);
    pairs.push(`${encodeURIComponent(field).replace("%5B%5D", "[]")}=${encodeURIComponent(text)}`);
  }
  return pairs.join("&");
}

function formOf(fields: Iterable<[string, unknown]>, name: string): FormData {
  const form = new FormData();
  for (const [field, value] of fields) {
    const text = textOf(value);
    if (text !== undefined) form.append(field, text);
    else if (isFile(value)) form.append(field, value, "name" in value ? String(value.name) : field);
    else throw new TypeError(`${name}: the parameter ${field} does not fit into a form`);
  }
  return form;
}

function isFile(value: unknown): value is Blob {
  return value instanceof Blob;
}

/** As `fieldsOf`, with what is inside objects under names such as `source[privacy]` and `fields_attributes[0][name]`. */
function* flatFieldsOf(params: RequestParams, keys: readonly string[]): Generator<[string, unknown]> {
  for (const key of keys) {
    const value = params[key];
    const nested = isPlain(value)
      ? value
      : Array.isArray(value) && value.some(isPlain)
        ? Object.fromEntries(value.entries())
        : undefined;
    if (nested === undefined) yield* fieldsOf(params, [key]);
    else for (const [field, inner] of flatFieldsOf(nested, Object.keys(nested))) yield [inside(key, field), inner];
  }
}

/** `a` with `b[c]` in it is `a[b][c]`. */
function inside(outer: string, field: string): string {
  return `${outer}[${field.replace(/^[^[]+/, "$&]")}`;
}

function isPlain(value: unknown): value is RequestParams {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !isFile(value) && !(value instanceof Date)
  );
}

/** Each value with the name of its field: lists take `name[]` once per item, null and undefined are left out. */
function* fieldsOf(params: RequestParams, keys: readonly string[]): Generator<[string, unknown]> {
  for (const key of keys) {
    const value = params[key];
    if (Array.isArray(value)) for (const item of value) yield [`${key}[]`, item];
    else if (value !== undefined && value !== null) yield [key, value];
  }
}

function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return Number.isFinite(value) ? String(value) : undefined;
    case "boolean":
    case "bigint":
      return String(value);
    default:
      return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : undefined;
  }
}
