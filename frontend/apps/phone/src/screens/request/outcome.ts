/** The last request that this phone approved, for the result screen; the next one replaces it. */

import type { Approval, Choices, DocumentEnd, Requester, Scan } from "@mshield/shield";
import { shallowRef } from "vue";

import { type BatchRow, rowsOf } from "./batch/rows.ts";
import { type Sums, sumsOf } from "./batch/sums.ts";
import { fingerprint } from "./confirm/fingerprint.ts";
import { returnAddress } from "./return_address.ts";

export interface ReceiptDocument {
  readonly title: string;
  readonly fingerprint: string;
  /** The document's row in a list, with the amount if a view draws one. */
  readonly row: BatchRow;
  /** `closed`: the business system withdrew it meanwhile. */
  readonly end: DocumentEnd;
  /** The reason for excluding the document; null if the outcome was recovered after a lost answer. */
  readonly reason: string | null;
}

export interface Outcome {
  readonly kind: Scan["kind"];
  readonly requester: Requester;
  readonly documents: readonly ReceiptDocument[];
  readonly at: number;
  /** True if another app on this phone asked, so that there is no PC to continue at. */
  readonly isFromApp: boolean;
  readonly returnAddress: string | null;
  /** True if the request came from the inbox, which may contain another one. */
  readonly isFromInbox: boolean;
  /** Total of what was signed. */
  readonly sums: Sums;
}

export const outcome = shallowRef<Outcome | null>(null);

export function outcomeOf(scanned: Scan, approved: Approval, choices: Choices, at: number): Outcome {
  const rows = rowsOf(scanned.tasks);
  const ends = approved.documents.map(({ end }) => end);
  return {
    kind: scanned.kind,
    requester: scanned.requester,
    documents: scanned.tasks.map((task, n) => ({
      title: task.title,
      fingerprint: fingerprint(task),
      row: rows[n]!,
      end: ends[n]!,
      reason: approved.recovered ? null : choices.excluded?.get(task.sid) || null,
    })),
    at,
    isFromApp: Boolean(scanned.returnUrl),
    returnAddress: returnAddress(approved.returnAddress),
    isFromInbox: scanned.isFromInbox,
    sums: sumsOf(scanned.tasks.filter((_, n) => ends[n] === "signed")),
  };
}
