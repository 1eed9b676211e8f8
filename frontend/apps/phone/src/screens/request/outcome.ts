/** The last request that this phone answered with yes, for the screen that tells so; gone with the next one. */

import type { Approved, Choices, DocumentEnd, Requester, Scan } from "@mshield/shield";
import { shallowRef } from "vue";

import { type BatchRow, rowsOf } from "./batch/rows.ts";
import { type Sums, sumsOf } from "./batch/sums.ts";
import { fingerprint } from "./confirm/fingerprint.ts";
import { returnAddress } from "./return_address.ts";

export interface ReceiptDocument {
  readonly title: string;
  readonly fingerprint: string;
  /** What stands for it in a list, and its amount, where a view draws one. */
  readonly row: BatchRow;
  /** `closed`: withdrawn by the business system in the meantime. */
  readonly end: DocumentEnd;
  /** Why it was left out; null where that was found out again after a lost answer. */
  readonly reason: string | null;
}

export interface Outcome {
  readonly kind: Scan["kind"];
  readonly requester: Requester;
  readonly documents: readonly ReceiptDocument[];
  readonly at: number;
  /** Another app on this phone asked: there is no PC to go on at. */
  readonly isFromApp: boolean;
  readonly returnAddress: string | null;
  /** There may be a next one there. */
  readonly isFromInbox: boolean;
  /** What was signed comes to this. */
  readonly sums: Sums;
}

export const outcome = shallowRef<Outcome | null>(null);

export function outcomeOf(scanned: Scan, approved: Approved, choices: Choices, at: number): Outcome {
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
    isFromInbox: scanned.isFromInbox ?? false,
    sums: sumsOf(scanned.tasks.filter((_, n) => ends[n] === "signed")),
  };
}
