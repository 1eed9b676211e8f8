/** The filing record that is to be proven, as it goes from screen to screen: in the address, without name and id number. */

import type { FilingRecord, IdentityProof } from "@mshield/shield";
import type { LocationQuery } from "vue-router";

import { compact, isCreditCode } from "../certificate/checks.ts";

export const USER_TYPES = ["operator", "legal_person"] as const;

/** Null where the address names none, or one that can't be. */
export function recordOf(query: LocationQuery): FilingRecord | null {
  const userType = USER_TYPES.find((type) => type === query["type"]);
  const code = typeof query["code"] === "string" ? compact(query["code"]) : "";
  return userType !== undefined && isCreditCode(code) ? { userType, creditCode: code } : null;
}

/** Of a proof that counts and is about one. */
export function recordOfProof({ role, creditCode, endedAt }: IdentityProof): FilingRecord | null {
  return endedAt === null ? recordOf({ type: role, code: creditCode }) : null;
}

/** From the choice of ways: this is the one that there is, and no other is led to. */
export const ONLY = { only: "1" };

export function isOnly(query: LocationQuery): boolean {
  return "only" in query;
}

export function queryOf(record: FilingRecord | null): Record<string, string> {
  return record === null ? {} : { type: record.userType, code: record.creditCode };
}
