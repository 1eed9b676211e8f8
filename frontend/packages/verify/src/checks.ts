/**
 * Result of a verification: a list of checks, and a verdict that is `valid` only if all needed ones passed.
 */

import type { Revocation, Step } from "./errors.ts";

/** Steps of `mshield verify`, and whether a standalone list or answer is in force. */
export type CheckName = Step | "in_force";

/** `noted` is passed with a remark: a revocation after the signature. */
export type CheckState = "passed" | "noted" | "failed" | "unchecked";

/** Values for the sentence about a check. */
export type Facts = Readonly<Record<string, string | number | boolean | null>>;

export interface Check {
  readonly name: CheckName;
  readonly state: CheckState;
  /** Stable code for why a check failed or wasn't done; otherwise null. */
  readonly code: string | null;
  /** True if `valid` requires it. */
  readonly isNeeded: boolean;
  readonly facts: Facts;
  readonly revocation: Revocation | null;
}

export type Verdict = "valid" | "invalid" | "incomplete";

/** Collects the checks in the order in which they were done; a repeated name replaces the earlier one. */
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

  /** Records a check that wasn't done although `valid` requires it. */
  missing(name: CheckName, code: string, facts: Facts = {}): void {
    this.#put({ name, state: "unchecked", code, isNeeded: true, facts, revocation: null });
  }

  /** Records a check that wasn't done and isn't required. */
  aside(name: CheckName, code: string, facts: Facts = {}): void {
    this.#put({ name, state: "unchecked", code, isNeeded: false, facts, revocation: null });
  }

  has(name: CheckName): boolean {
    return this.#checks.has(name);
  }

  /** Reports whether it wasn't done although `valid` requires it. */
  isMissing(name: CheckName): boolean {
    return this.#checks.get(name)?.state === "unchecked";
  }

  /**
   * Returns all checks in this order, but failed ones first, then missing ones, and last those not reached.
   */
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

/** Reports whether it wasn't done although `valid` requires it. */
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
