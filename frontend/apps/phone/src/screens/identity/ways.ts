/** The ways of verification in display order, and which one is recommended. */

import { span } from "@mshield/look/vue/dates.ts";
import type { IdentityWay, ShieldError } from "@mshield/shield";

/** Ways that the app supports. */
const KNOWN = ["filed_phone", "real_name", "legal_person", "filing_code", "own_shield"] as const;
export type SupportedWay = (typeof KNOWN)[number];
const REASONS = ["second_account", "objected", "other_phone", "no_legal_person"] as const;
export type Reason = (typeof REASONS)[number];

export interface ListedWay {
  readonly way: SupportedWay;
  /**
   * Why the way is unavailable; null if it is available. `other`: a reason that only a newer service knows.
   */
  readonly reason: Reason | "other" | null;
}

/** Returns the supported ways, available ones first, otherwise in the service's order, fastest first. */
export function listWays(items: readonly IdentityWay[]): ListedWay[] {
  const known = items.flatMap(({ way, reason }): ListedWay[] => {
    const name = KNOWN.find((one) => one === way);
    const why = reason === null ? null : (REASONS.find((one) => one === reason) ?? "other");
    return name === undefined ? [] : [{ way: name, reason: why }];
  });
  return [...known.filter(({ reason }) => reason === null), ...known.filter(({ reason }) => reason !== null)];
}

/**
 * Returns how long the service refuses this way after too many requests; null if the refusal has another
 * reason.
 */
export function retryDelay(problem: ShieldError | null): ReturnType<typeof span> | null {
  const seconds = problem?.code === "too_many_requests" ? problem.extra["retry_after"] : null;
  return typeof seconds === "number" ? span(seconds * 1000) : null;
}
