/** What was read of a document: what its check needs, and what is kept with its task. */

import type { Compared, DocumentOrder, DocumentReading, DrawnLines } from "@mshield/views";

/** Of a reading, what a check of it needs. */
export interface CheckedReading extends Pick<DocumentReading, "view" | "comparedDigest"> {
  readonly drawn: { readonly digest: string; readonly lines: KeyLines } | null;
  readonly compared: Pick<Compared, "mismatch"> | null;
}
export type KeyLines = Pick<DrawnLines, "title" | "amount" | "list"> & {
  readonly isAtOdds: boolean;
  /** Amount, number and party are all that there is to see of it. Absent in what an earlier version kept. */
  readonly isComplete?: boolean;
};

/** Reads documents, in the app beside its main thread. Rejects where the view doesn't draw; NetworkError where the reader didn't come. */
export type DocumentReader = (order: DocumentOrder) => Promise<CheckedReading>;

/** Without a reader no document is signed. */
export const unread: DocumentReader = async () => {
  throw new Error("this engine has no reader of documents");
};

/** Of a checked task, what is kept with it until it is answered. */
export interface TaskReading {
  /** SM3 of the comparison's answer, in hex; null where nothing can be compared. */
  readonly compared: string | null;
  readonly isMismatch: boolean;
  /** What stands for the document where a view draws it. */
  readonly key: KeyLines | null;
}
