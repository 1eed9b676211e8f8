/** Readings of a document: what its check needs, and what is stored with its task. */

import type { Comparison, DocumentOrder, DocumentReading, DrawnLines } from "@mshield/views";

/** The part of a reading that a check needs. */
export interface CheckedReading extends Pick<DocumentReading, "view" | "comparedDigest"> {
  readonly drawn: { readonly digest: string; readonly lines: KeyLines } | null;
  readonly compared: Pick<Comparison, "mismatch"> | null;
}
export type KeyLines = Pick<DrawnLines, "title" | "amount" | "list"> & {
  readonly isAtOdds: boolean;
  /** True if amount, number and party are all there is to see. */
  readonly isComplete: boolean;
};

/**
 * A reader of documents; in the app it runs outside the main thread. Rejects if the view doesn't render the
 * content, with NetworkError if the reader didn't load.
 */
export type DocumentReader = (order: DocumentOrder) => Promise<CheckedReading>;

/** Refuses all documents: without a reader nothing is signed. */
export const refuseAll: DocumentReader = async () => {
  throw new Error("this engine has no reader of documents");
};

/** Stored with a checked task until it is answered. */
export interface TaskReading {
  /** SM3 of the comparison's answer, in hex; null if nothing can be compared. */
  readonly compared: string | null;
  readonly isMismatch: boolean;
  /** Lines that represent the document, if a view renders it. */
  readonly key: KeyLines | null;
}
