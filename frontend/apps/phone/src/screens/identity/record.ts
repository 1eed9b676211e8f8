/** The filing record to prove, passed between screens in the address, without name and ID number. */

import type { FilingRecord, IdentityProof } from "@mshield/shield";
import type { LocationQuery } from "vue-router";

import { compact, isCreditCode } from "../certificate/checks.ts";

export const USER_TYPES = ["operator", "legal_person"] as const;

/** Returns the record in the address; null if it is missing or invalid. */
export function recordOf(query: LocationQuery): FilingRecord | null {
  const userType = USER_TYPES.find((type) => type === query["type"]);
  const code = typeof query["code"] === "string" ? compact(query["code"]) : "";
  return userType !== undefined && isCreditCode(code) ? { userType, creditCode: code } : null;
}

/**
 * Returns the record that a valid proof is about; null if the proof has ended or is about no particular
 * record.
 */
export function recordOfProof({ role, creditCode, endedAt }: IdentityProof): FilingRecord | null {
  return endedAt === null ? recordOf({ type: role, code: creditCode }) : null;
}

/** Query parameter set by the choice of ways if there is only one, so that no link to others is shown. */
export const ONLY_WAY = { only: "1" };

export function isOnlyWay(query: LocationQuery): boolean {
  return "only" in query;
}

export function queryOf(record: FilingRecord | null): Record<string, string> {
  return record === null ? {} : { type: record.userType, code: record.creditCode };
}
