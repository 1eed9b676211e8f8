/** The last request that this phone answered with yes, for the screen that tells so; gone with the next one. */

import type { Approved, Requester, Scan } from "@mshield/shield";
import { shallowRef } from "vue";

import { fingerprint } from "./confirm/fingerprint.ts";
import { returnAddress } from "./return_address.ts";

export interface ReceiptDocument {
  readonly title: string;
  readonly fingerprint: string;
  /** Withdrawn by the business system in the meantime. */
  readonly isUnsigned: boolean;
}

export interface Outcome {
  readonly kind: Scan["kind"];
  readonly requester: Requester;
  readonly documents: readonly ReceiptDocument[];
  readonly at: number;
  /** Another app on this phone asked: there is no PC to go on at. */
  readonly isFromApp: boolean;
  readonly returnAddress: string | null;
}

export const outcome = shallowRef<Outcome | null>(null);

export function outcomeOf(scanned: Scan, approved: Approved, at: number): Outcome {
  return {
    kind: scanned.kind,
    requester: scanned.requester,
    documents: scanned.tasks.map((task, n) => ({
      title: task.title,
      fingerprint: fingerprint(task),
      isUnsigned: !approved.recovered && approved.documents[n]?.signature === null,
    })),
    at,
    isFromApp: Boolean(scanned.returnUrl),
    returnAddress: returnAddress(approved.returnAddress),
  };
}
