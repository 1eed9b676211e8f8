/**
 * Everything that touches a share, a nonce or the PIN's key, behind one interface, so that an app can run it
 * in a worker and drop it with the worker. What crosses the interface may be sent or stored; nothing else
 * leaves it.
 */

import type { Pages } from "@mshield/forms";
import type { Signature } from "@mshield/gm";

import type { NonceAnswer } from "./cosign_messages.ts";
import type { Slot } from "./state.ts";

/** The PIN of a new slot; `setAt` (ms) is the date by which the app refers to it. */
export interface NewPin {
  readonly pin: string;
  readonly setAt: number;
  /** PBKDF2 rounds. */
  readonly rounds: number;
}

export interface EnrolOrder {
  readonly deviceSecret: CryptoKey;
  readonly uid: Uint8Array;
  readonly sid: Uint8Array;
  readonly pin: NewPin;
}

/** `body` is sent at enrolment step 2 and stored nowhere; the slot of epoch 0 is stored once P is here. */
export interface EnrolResult {
  readonly body: Uint8Array;
  readonly slot: Slot;
}

/** Documents to sign in one session; `e` is 32 bytes. */
export interface SessionOrder {
  readonly uid: Uint8Array;
  readonly epoch: number;
  readonly documents: readonly { readonly sid: Uint8Array; readonly e: Uint8Array }[];
}

/** Additional fields of a document in `finish`: the confirmation, and the digest of the display, in hex. */
export interface DisplayItem {
  readonly confirmed: string;
  readonly shown: string;
  /** Pages that were on the screen, for a document signed unread. */
  readonly pages?: Pages;
}

/** A document that isn't signed, and why, in the user's words. */
export interface ExcludedDocument {
  readonly sid: string;
  readonly reason: string;
}

export interface FinishOrder {
  readonly deviceSecret: CryptoKey;
  readonly slot: Slot;
  readonly pin: string;
  /** If the share is to be refreshed: the next epoch, and the PIN that hides the new share. */
  readonly refresh: { readonly epoch: number; readonly pin: NewPin } | null;
  /** One for each document. */
  readonly shown: readonly (DisplayItem | null)[];
  /** Excluded documents of the same requests, by `sid` in hex. */
  readonly excluded?: readonly ExcludedDocument[];
}

/** `body` is sent, and repeated unchanged; `next` is the refreshed share's slot, which is stored first. */
export interface FinishResult {
  readonly body: Uint8Array;
  readonly next: Slot | null;
}

/** Fresh nonces for one `open`. The methods are called in this order, each once. */
export interface SecretSession {
  /** Ids of the documents and commitments to their nonces, in hex as `open` sends them. */
  readonly items: readonly { readonly sid: string; readonly c: string }[];
  /** Throws: GmError `bad_proof` if a proof of the service's nonce is invalid. */
  check(answers: readonly NonceAnswer[]): Promise<void>;
  /** Throws: GmError `retry` if the session must begin again. */
  finish(order: FinishOrder): Promise<FinishResult>;
  /**
   * Throws: GmError `bad_answer` if a signature isn't the one that this session took part in; null is
   * skipped.
   */
  verify(P: Uint8Array, signatures: readonly (Signature | null)[]): Promise<void>;
  /** Drops what is left of the session. */
  close(): void;
}

export interface Secrets {
  enrol(order: EnrolOrder): Promise<EnrolResult>;
  session(order: SessionOrder): Promise<SecretSession>;
}
