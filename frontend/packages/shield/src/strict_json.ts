/**
 * Reading JSON from bytes. A repeated field is refused: a plain reader takes the last one, another one the first.
 */

import { ProtocolError } from "./errors.ts";

const STRING = /"(?:[^"\\]|\\.)*"/.source;
/** A name with its colon and, where its value is a string, that; another string; a bracket. */
const TOKENS = new RegExp(`(${STRING})\\s*:\\s*(${STRING})?|${STRING}|[{}[\\]]`, "g");

/** The value; ProtocolError `malformed` for what is not UTF-8, not JSON, or repeats a field. */
export function readJson(bytes: Uint8Array): unknown {
  const text = utf8Text(bytes);
  try {
    const value: unknown = JSON.parse(text);
    requireNoRepeats(text);
    return value;
  } catch (error) {
    if (error instanceof ProtocolError) {
      throw error;
    }
    throw new ProtocolError("malformed", "not JSON");
  }
}

/** The text of UTF-8 bytes; ProtocolError `malformed` for others. */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProtocolError("malformed", "not UTF-8");
  }
}

/** Whether text that is a JSON object has, at any depth, a member of this name and string; of repeated ones any counts. */
export function someMember(text: string, name: string, value: string): boolean {
  if (!/^\s*\{/.test(text)) {
    return false;
  }
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  return [...members(text)].some((each) => each.name === name && each.value === value);
}

function requireNoRepeats(json: string): void {
  for (const { name, before } of members(json)) {
    if (before.has(name)) {
      throw new ProtocolError("malformed", "a field is repeated");
    }
  }
}

/** Each member of each object in text that is JSON: the names before it in its object, and its value if that is text. */
function* members(json: string): Generator<{ name: string; value: string | null; before: Set<string> }> {
  const within: (Set<string> | null)[] = [];
  for (const [token, string, text] of json.matchAll(TOKENS)) {
    if (token === "{" || token === "[") {
      within.push(token === "{" ? new Set() : null);
    } else if (token === "}" || token === "]") {
      within.pop();
    } else if (string !== undefined) {
      const name = JSON.parse(string) as string;
      const names = within.at(-1)!;
      yield { name, value: text === undefined ? null : (JSON.parse(text) as string), before: new Set(names) };
      names.add(name);
    }
  }
}

/** Canonical JSON: names sorted, no spaces, no more escapes than needed; UTF-8. */
export function canonicalJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(sorted(value)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  // oxlint-disable-next-line unicorn/no-array-sort -- toSorted is younger than the browsers of many phones
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted((value as Record<string, unknown>)[name])]));
}
