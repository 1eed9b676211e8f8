/** What a verification says: one check after the other, and a verdict that is `valid` only where all that is needed passed. */

import type { Revocation, Step } from "./errors.ts";

/** The steps of `mshield verify`, and of a list or answer that stands alone whether it is in force. */
export type CheckName = Step | "in_force";

/** `noted` is passed, with something to know: a revocation after the signature. */
export type CheckState = "passed" | "noted" | "failed" | "unchecked";

/** Values for the sentence about a check. */
export type Facts = Readonly<Record<string, string | number | boolean | null>>;

export interface Check {
  readonly name: CheckName;
  readonly state: CheckState;
  /** Of a failed check what fails, of an unchecked one why, by a stable code; else null. */
  readonly code: string | null;
  /** Whether there is no `valid` without it. */
  readonly isNeeded: boolean;
  readonly facts: Facts;
  readonly revocation: Revocation | null;
}

export type Verdict = "valid" | "invalid" | "incomplete";

/** Gathers what was checked, in the order in which it was; of one name the last counts. */
export class Tally {
  readonly #checks = new Map<CheckName, Check>();

  passed(name: CheckName, facts: Facts = {}): void {
    this.#put({ name, state: "passed", code: null, isNeeded: true, facts, revocation: null });
  }

  noted(name: CheckName, code: string, revocation: Revocation, facts: Facts = {}): void {
    this.#put({ name, state: "noted", code, isNeeded: true, facts, revocation });
  }

  failed(name: CheckName, code: string, revocation: Revocation | null = null, facts: Facts = {}): void {
    this.#put({ name, state: "failed", code, isNeeded: true, facts, revocation });
  }

  /** Not checked though there is no `valid` without it. */
  missing(name: CheckName, code: string, facts: Facts = {}): void {
    this.#put({ name, state: "unchecked", code, isNeeded: true, facts, revocation: null });
  }

  /** Not checked, and the verdict does not depend on it. */
  aside(name: CheckName, code: string, facts: Facts = {}): void {
    this.#put({ name, state: "unchecked", code, isNeeded: false, facts, revocation: null });
  }

  has(name: CheckName): boolean {
    return this.#checks.has(name);
  }

  /** Whether it was not checked though there is no `valid` without it. */
  isMissing(name: CheckName): boolean {
    return this.#checks.get(name)?.state === "unchecked";
  }

  /** All checks in this order, but failed ones first, then what is missing, and last what nobody came to. */
  inOrder(names: readonly CheckName[]): Check[] {
    for (const name of names.filter((absent) => !this.has(absent))) {
      this.missing(name, "not_reached");
    }
    const all = names.map((name) => this.#checks.get(name)!);
    return [0, 1, 2, 3].flatMap((rank) => all.filter((check) => rankOf(check) === rank));
  }

  #put(check: Check): void {
    this.#checks.delete(check.name);
    this.#checks.set(check.name, check);
  }
}

export function verdictOf(checks: readonly Check[]): Verdict {
  if (checks.some(isFailed)) {
    return "invalid";
  }
  return checks.length > 0 && !checks.some(isOpen) ? "valid" : "incomplete";
}

/** Whether it was not checked, though there is no `valid` without it. */
function isOpen({ state, isNeeded }: Check): boolean {
  return state === "unchecked" && isNeeded;
}

function rankOf(check: Check): number {
  if (isFailed(check)) {
    return 0;
  }
  return check.code === "not_reached" ? 3 : isOpen(check) ? 1 : 2;
}

function isFailed({ state }: Check): boolean {
  return state === "failed";
}
