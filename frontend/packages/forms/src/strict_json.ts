/**
 * Strict JSON reader. It refuses a repeated field, since some readers use the last one and others the first.
 */

import { FormError } from "./errors.ts";

const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/.source;
/** Tokens: a name with its colon and, if it is a string, its value; another string; a bracket; a number. */
const TOKENS = new RegExp(`(${STRING})\\s*:\\s*(${STRING})?|${STRING}|[{}[\\]]|-?\\d[\\d.eE+-]*`, "g");
const FRACTION = /^-?\d.*[.eE]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Parses JSON. Throws: FormError if it is not UTF-8, not JSON, or repeats a field; with `integers`, also for
 * other numbers.
 */
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

/** Reports whether the text has no lone surrogate. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** Decodes UTF-8. Throws: FormError. */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormError("not UTF-8");
  }
}

/**
 * Reports whether a text that is a JSON object has, at any depth, a member of this name with this string;
 * among repeated members, any one will do.
 */
export function hasMember(text: string, name: string, value: string): boolean {
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
  /** Name of a member; null for other tokens. */
  readonly name: string | null;
  /** The member's value if that is a string. */
  readonly value: string | null;
  /** True if a member of this name precedes it in its object. */
  readonly isRepeated: boolean;
}

/** Yields the members, brackets, strings and numbers of valid JSON. */
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
 * Encodes canonical JSON: UTF-8, names sorted by UTF-16 units, no spaces, no needless escapes. A map is
 * written as an object. It isn't built as a sorted JavaScript object, since that puts names such as `3104`
 * first in any case.
 */
export function canonicalJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalText(value));
}

/** Returns canonical JSON as text. */
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
