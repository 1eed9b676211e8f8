/**
 * Reading JSON from bytes. A repeated field is refused: a plain reader takes the last one, another one the first.
 */

import { FormError } from "./errors.ts";

const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/.source;
/** A name with its colon and, where its value is a string, that; another string; a bracket; a number. */
const TOKENS = new RegExp(`(${STRING})\\s*:\\s*(${STRING})?|${STRING}|[{}[\\]]|-?\\d[\\d.eE+-]*`, "g");
const FRACTION = /^-?\d.*[.eE]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** The value; FormError for what is not UTF-8, not JSON, or repeats a field; with `integers`, also for other numbers. */
export function readJson(bytes: Uint8Array, { integers = false } = {}): unknown {
  const text = utf8Text(bytes);
  const value = parsed(text);
  if (value === undefined) {
    throw new FormError("not JSON");
  }
  for (const { name, isRepeated, token } of tokens(text)) {
    if (isRepeated) {
      throw new FormError("a field is repeated");
    }
    if (integers && name === null && FRACTION.test(token)) {
      throw new FormError(`${token.slice(0, 20)} is not a number of this form`);
    }
  }
  return value;
}

/** Whether every text in it is one of Unicode's, with no half of a pair alone. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** The text of UTF-8 bytes; FormError for others. */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormError("not UTF-8");
  }
}

/** Whether text that is a JSON object has, at any depth, a member of this name and string; of repeated ones any counts. */
export function someMember(text: string, name: string, value: string): boolean {
  if (!/^\s*\{/.test(text) || parsed(text) === undefined) {
    return false;
  }
  for (const token of tokens(text)) {
    if (token.name === name && token.value === value) {
      return true;
    }
  }
  return false;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

interface Token {
  readonly token: string;
  /** Of a member; null for what is none. */
  readonly name: string | null;
  /** The member's value if that is text. */
  readonly value: string | null;
  /** Whether a member of this name stands before it in its object. */
  readonly isRepeated: boolean;
}

/** Members, brackets, strings and numbers in text that is JSON. */
function* tokens(json: string): Generator<Token> {
  const within: (Set<string> | null)[] = [];
  for (const [token, string, text] of json.matchAll(TOKENS)) {
    if (token === "{" || token === "[") {
      within.push(token === "{" ? new Set() : null);
    } else if (token === "}" || token === "]") {
      within.pop();
    }
    if (string === undefined) {
      yield { token, name: null, value: null, isRepeated: false };
      continue;
    }
    const name = JSON.parse(string) as string;
    const names = within.at(-1)!;
    const value = text === undefined ? null : (JSON.parse(text) as string);
    yield { token, name, value, isRepeated: names.has(name) };
    names.add(name);
  }
}

/**
 * Canonical JSON: names sorted by UTF-16 units, no spaces, no more escapes than needed; UTF-8. A map is written as an object.
 * Written here and not by way of another object: that has names like `3104` before others, in whatever order they came.
 */
export function canonicalJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalText(value));
}

/** The same as text. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(canonicalText).join(",")}]`;
  }
  if (typeof value !== "object" || value === null) {
    return JSON.stringify(value);
  }
  const isMap = value instanceof Map;
  const held = value as Record<string, unknown>;
  // oxlint-disable-next-line unicorn/no-array-sort -- toSorted is younger than the browsers of many phones
  const names = (isMap ? [...(value.keys() as Iterable<string>)] : Object.keys(value)).sort();
  const members = names.map(
    (name) => `${JSON.stringify(name)}:${canonicalText(isMap ? value.get(name) : held[name])}`,
  );
  return `{${members.join(",")}}`;
}
