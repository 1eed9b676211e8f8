/** The ways in the order in which they are shown, and which of them is recommended. */

import { span } from "@mshield/look/vue/dates.ts";
import type { IdentityWay, ShieldError } from "@mshield/shield";

/** Ways that the app can lead through. */
const KNOWN = ["filed_phone", "real_name", "legal_person", "filing_code", "own_shield"] as const;
export type KnownWay = (typeof KNOWN)[number];
const REASONS = ["second_account", "objected", "no_phone", "other_phone", "no_legal_person"] as const;
export type Reason = (typeof REASONS)[number];

export interface ShownWay {
  readonly way: KnownWay;
  /** Why it can't be gone; null where it can. `other` where a newer service knows more. */
  readonly reason: Reason | "other" | null;
}

/** Those that can be gone first, else in the service's order: the one that ends soonest leads. */
export function shownWays(items: readonly IdentityWay[]): ShownWay[] {
  const known = items.flatMap(({ way, reason }): ShownWay[] => {
    const name = KNOWN.find((one) => one === way);
    const why = reason === null ? null : (REASONS.find((one) => one === reason) ?? "other");
    return name === undefined ? [] : [{ way: name, reason: why }];
  });
  return [...known.filter(({ reason }) => reason === null), ...known.filter(({ reason }) => reason !== null)];
}

/** How long the service refuses this way after it was asked for too often; null where that isn't what was refused. */
export function refusedFor(problem: ShieldError | null): ReturnType<typeof span> | null {
  const seconds = problem?.code === "too_many_requests" ? problem.extra["retry_after"] : null;
  return typeof seconds === "number" ? span(seconds * 1000) : null;
}
