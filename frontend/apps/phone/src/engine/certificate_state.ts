/** The seven states of the certificate as the app shows them (look, "States of the certificate"). */

import type { Me } from "@mshield/shield";

export const HOLDS = ["clone", "duplicate", "lost", "frozen"] as const;
/** Gravest first. */
export type Hold = (typeof HOLDS)[number];

export type CertificateState = "none" | "active" | "due" | "held" | "locked" | "expired" | "revoked";

type Seen = Pick<Me, "certificate" | "renewal">;

/** How the certificate stands at `now` (ms). A lock or an end counts more than a hold, a hold more than renewal. */
export function certificateState({ certificate, renewal }: Seen, now: number): CertificateState {
  if (certificate === null) {
    return "none";
  }
  switch (certificate.state) {
    case "revoked":
    case "superseded":
      return "revoked";
    case "pin_locked":
      return "locked";
    case "expired":
      return "expired";
  }
  if (certificate.notAfter <= now) {
    return "expired";
  }
  if (certificate.holds.length > 0) {
    return "held";
  }
  return renewal?.due ? "due" : "active";
}

/** The holds that are known here, gravest first. */
export function holdsOf(certificate: { readonly holds: readonly string[] }): Hold[] {
  return HOLDS.filter((hold) => certificate.holds.includes(hold));
}

/** Whether the certificate logs in and signs. */
export function canSign(state: CertificateState): boolean {
  return state === "active" || state === "due";
}
