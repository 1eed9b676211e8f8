/** Reasons for revoking a shield in everyday words, and the revocation list's reason for each. */

import type { Cause } from "../engine/acts.ts";
import type { Shield } from "../engine/types.ts";

export const CAUSES = {
  pin: "superseded",
  phone: "superseded",
  lost: "key_compromise",
  left: "affiliation_changed",
  stopped: "cessation_of_operation",
  expired: "superseded",
  other: "unspecified",
} as const satisfies Record<string, Cause>;

export type Reason = keyof typeof CAUSES;

/** Returns the reason that the shield's state suggests; empty if none, and for several shields. */
export function likelyReason(shields: readonly Pick<Shield, "state" | "holds">[]): Reason | "" {
  const [one] = shields;
  if (shields.length !== 1 || one === undefined) return "";
  if (one.state === "expired") return "expired";
  // A finder of the lost phone may have locked its PIN by guessing.
  if (one.holds.includes("lost")) return "lost";
  return one.state === "pin_locked" ? "pin" : "";
}
