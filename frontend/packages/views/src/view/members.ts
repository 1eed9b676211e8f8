/** Strict reader of a view's objects: unknown members, wrong types and unreadable words are `bad_view`. */

import { ViewError } from "../errors.ts";
import type { Json } from "../content/json_reader.ts";
import { isLonger } from "../text.ts";

/** Invisible characters, and those that reverse the direction of others. */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class -- just what is refused
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;
const INTEGER = /^[0-9]{1,9}$/;
const WORD = 60;

export const badView = (): ViewError => new ViewError("bad_view");

/**
 * Returns the object's members. Throws: `bad_view` for another value, an unknown member, or a missing one
 * marked `!`.
 */
export function membersOf(value: Json, named: string): Members {
  if (value.kind !== "object") {
    throw badView();
  }
  const names = named.split(" ");
  const known = new Set(names.map((name) => name.replace("!", "")));
  const lacks = names.some((name) => name.endsWith("!") && !value.members.has(name.slice(0, -1)));
  if (lacks || [...value.members.keys()].some((name) => !known.has(name))) {
    throw badView();
  }
  return new Members(value.members);
}

export class Members {
  readonly #held: ReadonlyMap<string, Json>;

  constructor(held: ReadonlyMap<string, Json>) {
    this.#held = held;
  }

  has(name: string): boolean {
    return this.#held.has(name);
  }

  get(name: string): Json | undefined {
    return this.#held.get(name);
  }

  text(name: string): string {
    return textOf(this.#held.get(name)!);
  }

  word(name: string): string {
    return wordOf(this.text(name));
  }

  integer(name: string): number {
    const value = this.#held.get(name)!;
    if (value.kind !== "number" || !INTEGER.test(value.text)) {
      throw badView();
    }
    return Number(value.text);
  }

  /** Returns a boolean; false if it is absent. */
  flag(name: string): boolean {
    const value = this.#held.get(name);
    if (value !== undefined && (value.kind !== "word" || value.text === "null")) {
      throw badView();
    }
    return value?.text === "true";
  }

  /** Returns one of the choices; the first if it is absent. */
  choice<T extends string>(name: string, choices: readonly [T, ...T[]]): T {
    if (!this.#held.has(name)) {
      return choices[0];
    }
    const text = this.text(name);
    const choice = choices.find((word) => word === text);
    if (choice === undefined) {
      throw badView();
    }
    return choice;
  }

  /** Returns an array of that many items; empty if it is absent. */
  items(name: string, least: number, most: number): readonly Json[] {
    const value = this.#held.get(name) ?? { kind: "array", items: [] };
    if (value.kind !== "array" || value.items.length > most || value.items.length < least) {
      throw badView();
    }
    return value.items;
  }

  /** Returns the members of an object with at most that many; none if it is absent. */
  entries(name: string, most: number): readonly (readonly [string, Json])[] {
    const value = this.#held.get(name);
    return value === undefined ? [] : entriesOf(value, 0, most);
  }
}

export function entriesOf(value: Json, least: number, most: number): readonly (readonly [string, Json])[] {
  if (value.kind !== "object" || value.members.size < least || value.members.size > most) {
    throw badView();
  }
  return [...value.members];
}

export function textOf(value: Json): string {
  if (value.kind !== "string") {
    throw badView();
  }
  return value.text;
}

/** Requires a text that people can read, of at most that many code points. */
export function wordOf(text: string, most = WORD): string {
  if (isLonger(text, most) || /^ *$/.test(text) || HIDDEN.test(text)) {
    throw badView();
  }
  return text;
}
