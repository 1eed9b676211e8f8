/**
 * One case of a vector file, with typed, strict access to its fields.
 *
 * `done` reports the fields that a check didn't read, so that a field added to the format is never ignored.
 */

import { hex, number, unhex } from "../bytes.ts";
import type { Proof } from "../proofs.ts";
import type { SessionItem } from "../server.ts";
import type { Signature } from "../sm2.ts";
import type { Opening } from "../transcript.ts";

export class CaseFailure extends Error {}

type Shown = Uint8Array | bigint | number | string | boolean;

/** Fails the case unless both are equal. */
export function expect(what: string, value: Shown, expected: Shown): void {
  if (show(value) !== show(expected)) {
    throw new CaseFailure(`${what} is ${show(value)} instead of ${show(expected)}`);
  }
}

function show(value: Shown): string {
  if (value instanceof Uint8Array) {
    return hex(value);
  }
  return typeof value === "bigint" ? value.toString(16).padStart(64, "0") : JSON.stringify(value);
}

export class Case {
  readonly value: unknown;
  readonly #file: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();

  constructor(value: unknown, file: Readonly<Record<string, unknown>> = {}) {
    this.value = value;
    this.#file = file;
  }

  /** Reports whether the field is there and not null. An absent or null field counts as read. */
  has(name: string): boolean {
    const value = this.#fields()[name] ?? null;
    if (value === null) {
      this.#read.add(name);
    }
    return value !== null;
  }

  octets(name: string, length?: number): Uint8Array {
    return octets(name, this.#get(name), length);
  }

  number(name: string): bigint {
    return number(this.octets(name, 32));
  }

  integer(name: string): number {
    return this.#typed(name, "number") as number;
  }

  text(name: string): string {
    return this.#typed(name, "string") as string;
  }

  flag(name: string): boolean {
    return this.#typed(name, "boolean") as boolean;
  }

  items(name: string): Case[] {
    const value = this.#get(name);
    if (!Array.isArray(value)) {
      throw new CaseFailure(`${name} is no array`);
    }
    return value.map((element) => new Case(element));
  }

  /** Returns the cases of another section of the same file, or null if the file lacks it. */
  section(name: string): Case[] | null {
    const content = this.#file[name];
    return Array.isArray(content) ? content.map((value) => new Case(value, this.#file)) : null;
  }

  bareOctets(length?: number): Uint8Array {
    return octets("the value", this.value, length);
  }

  signature(): Signature {
    return { r: this.number("r"), s: this.number("s") };
  }

  proof(): Proof {
    return { A: this.octets("A", 65), z: this.number("z") };
  }

  sessionItem(): SessionItem {
    const [sid, e, c] = [this.octets("sid", 16), this.octets("e", 32), this.octets("c", 32)];
    return { sid, e, c, k2: this.number("k2") };
  }

  opening(): Opening {
    const [sid, Q1, rho] = [this.octets("sid", 16), this.octets("Q1", 65), this.octets("rho", 32)];
    return { sid, Q1, rho, sPrime: this.number("s_prime") };
  }

  /** Fails if a field was not read. */
  done(): void {
    const unread = Object.keys(this.#fields()).filter((name) => !this.#read.has(name));
    if (unread.length > 0) {
      throw new CaseFailure(`unknown fields: ${unread.join(", ")}`);
    }
  }

  #typed(name: string, type: "number" | "string" | "boolean"): unknown {
    const value = this.#get(name);
    if (typeof value !== type) {
      throw new CaseFailure(`${name} is no ${type}`);
    }
    return value;
  }

  #get(name: string): unknown {
    const fields = this.#fields();
    if (!Object.hasOwn(fields, name)) {
      throw new CaseFailure(`${name} is missing`);
    }
    this.#read.add(name);
    return fields[name];
  }

  #fields(): Record<string, unknown> {
    if (typeof this.value !== "object" || this.value === null || Array.isArray(this.value)) {
      throw new CaseFailure("not a JSON object");
    }
    return this.value as Record<string, unknown>;
  }
}

function octets(name: string, value: unknown, length?: number): Uint8Array {
  if (typeof value !== "string") {
    throw new CaseFailure(`${name} is no text`);
  }
  return unhex(value, length);
}
