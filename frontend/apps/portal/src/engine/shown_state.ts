/** How a shield stands, as its chip and the workbook say it: what the filing does to one that could be used, or that it ends soon. */

import type { Shield } from "./types.ts";

type Standing = Pick<Shield, "state" | "holds" | "expiring" | "filing_changed" | "filing_ended">;

export function shownState(shield: Standing): string {
  if (shield.state !== "active" || shield.holds.length > 0) return shield.state;
  return whatFilingDoes(shield) ?? (shield.expiring ? "expiring" : shield.state);
}

/** Why the filing keeps a certificate in force from working (R22); null where it doesn't. */
export function whatFilingDoes({ state, filing_changed, filing_ended }: Standing) {
  if (state !== "active") return null;
  if (filing_ended) return "filing_ended";
  return filing_changed ? "filing_changed" : null;
}
