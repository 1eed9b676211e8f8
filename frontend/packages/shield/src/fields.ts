/** Reader of typed fields of JSON; a missing field or wrong type is ProtocolError `malformed`. */

import { unhex } from "@mshield/gm";

import { ProtocolError } from "./errors.ts";

export class Fields {
  readonly #members: Record<string, unknown>;

  /** With `exactly`, the object must have these members and no others. */
  constructor(value: unknown, exactly?: readonly string[]) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw malformed("not an object");
    }
    this.#members = value as Record<string, unknown>;
    if (exactly && !sameNames(Object.keys(value), exactly)) {
      throw malformed("a field is missing or unknown");
    }
  }

  /** Reports whether a field that may be null has a value. It must be present. */
  has(name: string): boolean {
    const value = this.#members[name];
    return value === undefined ? fail(name) : value !== null;
  }

  /** Reports whether a field that the service may leave out is present, even if null. */
  names(name: string): boolean {
    return this.#members[name] !== undefined;
  }

  /** Returns the field, whatever its type. */
  json(name: string): unknown {
    return this.#members[name];
  }

  text(name: string): string {
    const value = this.#members[name];
    return typeof value === "string" ? value : fail(name);
  }

  textOrNull(name: string): string | null {
    return this.has(name) ? this.text(name) : null;
  }

  /** Returns a text that must be one of these words. */
  word<T extends string>(name: string, words: readonly T[]): T {
    const value = this.text(name) as T;
    return words.includes(value) ? value : fail(name);
  }

  /**
   * Returns one of these words, or `unknown` for any other: a newer service may send it, and the rest is
   * still displayed.
   */
  knownWord<T extends string>(name: string, words: readonly T[]): T | "unknown" {
    const value = this.text(name) as T;
    return words.includes(value) ? value : "unknown";
  }

  /** Returns a safe integer, 0 or more. */
  integer(name: string): number {
    const value = this.#members[name];
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : fail(name);
  }

  integerOrNull(name: string): number | null {
    return this.has(name) ? this.integer(name) : null;
  }

  flag(name: string): boolean {
    const value = this.#members[name];
    return typeof value === "boolean" ? value : fail(name);
  }

  hex(name: string, length: number): Uint8Array {
    return fromHex(this.text(name), length);
  }

  object(name: string, exactly?: readonly string[]): Fields {
    return new Fields(this.#members[name], exactly);
  }

  list(name: string): readonly unknown[] {
    const value = this.#members[name];
    return Array.isArray(value) ? value : fail(name);
  }

  texts(name: string): string[] {
    return this.list(name).map((item) => (typeof item === "string" ? item : fail(name)));
  }
}

/** Decodes lower-case hex of exactly `length` bytes. */
export function fromHex(text: string, length: number): Uint8Array {
  try {
    return unhex(text, length);
  } catch {
    throw malformed(`not ${length} bytes of lower-case hex`);
  }
}

function sameNames(names: readonly string[], expected: readonly string[]): boolean {
  return names.length === expected.length && expected.every((name) => names.includes(name));
}

function fail(name: string): never {
  throw malformed(`the field ${name}`);
}

function malformed(detail: string): ProtocolError {
  return new ProtocolError("malformed", detail);
}
