/** How the account stands as a whole, in one word: for "my page" and the home page. */

import { DAY_MS } from "@mshield/look/vue/dates.ts";
import type { Identity, IdentityRequest } from "@mshield/shield";

const WAYS = [
  "filed_phone",
  "legal_person",
  "filing_code",
  "own_shield",
  "outside",
  "real_name",
  "earlier",
] as const;
const NEWS_MS = 7 * DAY_MS;

/** The name of a proof's way in the words; `other` for one of a newer service. */
export function wayName(way: string): (typeof WAYS)[number] | "other" {
  return WAYS.find((known) => known === way) ?? "other";
}

export interface Standing {
  readonly name: "proven" | "later" | "waiting" | "refused" | "expired" | "number" | "open";
  /** The way of the newest proof that stands. */
  readonly way: string | null;
  readonly to: string;
}

/** A proof that stands counts more than a request; one that counts already more than one that will. */
export function standingOf({ proofs, request }: Identity, now: number): Standing {
  const standing = proofs.filter(({ endedAt }) => endedAt === null);
  const counting = standing.find(({ countsFrom }) => countsFrom <= now);
  const proof = counting ?? standing[0];
  if (proof !== undefined) {
    return { name: counting ? "proven" : "later", way: proof.way, to: "/me/identity" };
  }
  const state = request?.state;
  if (state === "waiting" || state === "refused" || state === "expired") {
    return { name: state, way: null, to: "/identity/wait" };
  }
  return hasLostNumber(proofs)
    ? { name: "number", way: null, to: "/me/identity" }
    : { name: "open", way: null, to: "/identity" };
}

/**
 * Whether the filed number proved something that ended since it isn't the account's, and nothing proves that record since:
 * who was a legal person at the portal is none there.
 */
export function hasLostNumber(proofs: Identity["proofs"]): boolean {
  return proofs.some(
    (lost) =>
      lost.endedReason === "phone_changed" &&
      !proofs.some(
        (other) =>
          other.endedAt === null &&
          (other.creditCode === null || (other.creditCode === lost.creditCode && other.role === lost.role)),
      ),
  );
}

/** Whether the home page of who has no certificate tells of this request: it waits, or was answered of late. */
export function isNews(request: IdentityRequest, now: number): boolean {
  const { state, decidedAt } = request;
  const isAnswered = state === "confirmed" || state === "refused";
  return state === "waiting" || (isAnswered && now - (decidedAt ?? 0) < NEWS_MS);
}
