/**
 * Displayed state of a shield, as in its chip and the workbook: including effects of registration, or that it
 * ends soon.
 */

import type { Shield } from "./types.ts";

type Standing = Pick<Shield, "state" | "holds" | "expiring" | "filing_changed" | "filing_ended">;

export function displayedState(shield: Standing): string {
  if (shield.state !== "active" || shield.holds.length > 0) return shield.state;
  return filingEffect(shield) ?? (shield.expiring ? "expiring" : shield.state);
}

/** Returns why the registration stops an active certificate from working (R22); null if it doesn't. */
export function filingEffect({ state, filing_changed, filing_ended }: Standing) {
  if (state !== "active") return null;
  if (filing_ended) return "filing_ended";
  return filing_changed ? "filing_changed" : null;
}
