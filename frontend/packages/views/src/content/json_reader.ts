/** Strict reader of JSON (RFC 8259) without recursion; members are in maps, numbers are as written. */

import { FormError, isWellFormed, utf8Text } from "@mshield/forms";

import { DEPTH, NODES } from "../limits.ts";
import { isWhite } from "../text.ts";

export type Json =
  | { readonly kind: "object"; readonly members: Map<string, Json> }
  | { readonly kind: "array"; readonly items: Json[] }
  | { readonly kind: "string" | "number" | "word"; readonly text: string };
type Container = Extract<Json, { kind: "object" | "array" }>;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
// oxlint-disable-next-line no-control-regex -- just what a string must not have
const PLAIN = /[^"\\\u0000-\u001f]*/y;
// oxlint-disable-next-line no-control-regex -- the same
const NOT_PLAIN = /[\\\u0000-\u001f]/;
const ESCAPE = /\\(?:(["\\/bfnrt])|u([0-9a-fA-F]{4}))/y;
const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/**
 * Parses JSON. Throws: FormError if it is not UTF-8, not JSON, repeats a name, has a lone surrogate or
 * exceeds a limit.
 */
export function readJson(octets: Uint8Array): Json {
  return new Reader(utf8Text(octets)).read();
}

class Reader {
  readonly #text: string;
  #at = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Json {
    const open: Container[] = [];
    let root: Json | null = null;
    for (;;) {
      const holder = open.at(-1);
      const name = holder?.kind === "object" ? this.#name() : "";
      const value = this.#value(open.length + 1);
      root ??= value;
      put(holder, name, value);
      if (!("text" in value) && !this.#closes(value)) {
        open.push(value);
        continue;
      }
      this.#end(open);
      if (open.length === 0) {
        return root;
      }
    }
  }

  /** Skips all closing brackets here, then a comma or the end of the text. */
  #end(open: Container[]): void {
    while (open.length > 0) {
      if (this.#closes(open.at(-1)!)) {
        open.pop();
      } else {
        this.#take(",");
        return;
      }
    }
    if (this.#next() !== undefined) {
      throw refused();
    }
  }

  #closes({ kind }: Container): boolean {
    const isClosed = this.#next() === (kind === "object" ? "}" : "]");
    this.#at += isClosed ? 1 : 0;
    return isClosed;
  }

  #name(): string {
    if (this.#next() !== '"') {
      throw refused();
    }
    const name = this.#string();
    this.#take(":");
    return name;
  }

  #value(depth: number): Json {
    const first = this.#next();
    this.#values++;
    if (depth > DEPTH || this.#values > NODES) {
      throw refused();
    }
    if (first === "{" || first === "[") {
      this.#at++;
      return first === "{" ? { kind: "object", members: new Map() } : { kind: "array", items: [] };
    }
    if (first === '"') {
      return { kind: "string", text: this.#string() };
    }
    const number = this.#match(NUMBER);
    if (number !== null) {
      return { kind: "number", text: number[0] };
    }
    const word = this.#match(WORD);
    if (word === null) {
      throw refused();
    }
    return { kind: "word", text: word[0] };
  }

  /** Reads the string whose quotation mark is here. */
  #string(): string {
    this.#at++;
    const end = this.#text.indexOf('"', this.#at);
    const plain = this.#text.slice(this.#at, end);
    if (end !== -1 && !NOT_PLAIN.test(plain)) {
      this.#at = end + 1;
      return plain;
    }
    const parts: string[] = [];
    for (;;) {
      parts.push(this.#match(PLAIN)![0]);
      if (this.#text[this.#at] === '"') {
        this.#at++;
        return this.#joined(parts);
      }
      const escape = this.#match(ESCAPE);
      if (escape === null) {
        throw refused();
      }
      const [, letter, hex] = escape;
      parts.push(
        letter === undefined ? String.fromCharCode(Number.parseInt(hex!, 16)) : (ESCAPES[letter] ?? letter),
      );
    }
  }

  #joined(parts: readonly string[]): string {
    if (parts.length === 1) {
      return parts[0]!;
    }
    const text = parts.join("");
    if (!isWellFormed(text)) {
      throw refused();
    }
    return text;
  }

  #take(mark: string): void {
    if (this.#next() !== mark) {
      throw refused();
    }
    this.#at++;
  }

  /** Returns the next character that isn't white space; undefined at the end. */
  #next(): string | undefined {
    while (isWhite(this.#text.charCodeAt(this.#at))) {
      this.#at++;
    }
    return this.#text[this.#at];
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    this.#at += match?.[0].length ?? 0;
    return match;
  }
}

function put(holder: Container | undefined, name: string, value: Json): void {
  if (holder?.kind === "array") {
    holder.items.push(value);
  } else if (holder !== undefined) {
    if (holder.members.has(name)) {
      throw refused();
    }
    holder.members.set(name, value);
  }
}

const refused = (): FormError => new FormError("not JSON as views read it");
