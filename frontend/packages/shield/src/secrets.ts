/**
 * Everything that touches a share, a nonce or the PIN's key, behind one interface: so that an app can run it in a
 * worker, and drop it with the worker. What crosses the interface may be sent or stored; nothing else leaves it.
 */

import type { Pages } from "@mshield/forms";
import type { Signature } from "@mshield/gm";

import type { NonceAnswer } from "./cosign_messages.ts";
import type { Slot } from "./state.ts";

/** A PIN that a slot is made for: `setAt` (ms) is the day that the app names it by. */
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

/** `body` is sent at enrolment step 2 and kept nowhere; the slot of epoch 0 is stored once P is here. */
export interface Enrolled {
  readonly body: Uint8Array;
  readonly slot: Slot;
}

/** Documents to sign in one session; `e` is 32 bytes. */
export interface SessionOrder {
  readonly uid: Uint8Array;
  readonly epoch: number;
  readonly documents: readonly { readonly sid: Uint8Array; readonly e: Uint8Array }[];
}

/** What a document's item in `finish` says besides: what was confirmed, and the digest of what was shown, in hex. */
export interface ShownItem {
  readonly confirmed: string;
  readonly shown: string;
  /** Of what is signed unread: which pages were on the screen. */
  readonly pages?: Pages;
}

/** A document that isn't signed, and why, in the person's words. */
export interface Excluded {
  readonly sid: string;
  readonly reason: string;
}

export interface FinishOrder {
  readonly deviceSecret: CryptoKey;
  readonly slot: Slot;
  readonly pin: string;
  /** Where the share is to be refreshed: the next epoch, and the PIN that hides the new one. */
  readonly refresh: { readonly epoch: number; readonly pin: NewPin } | null;
  /** One for each document. */
  readonly shown: readonly (ShownItem | null)[];
  /** Documents of the same requests that are left out, by `sid` in hex. */
  readonly excluded?: readonly Excluded[];
}

/** `body` is the one that is sent, and sent again as it is; `next` is the refreshed share's slot, stored before that. */
export interface Finished {
  readonly body: Uint8Array;
  readonly next: Slot | null;
}

/** Fresh nonces for one `open`. The methods are called in this order, each once. */
export interface SecretSession {
  /** In hex, as `open` sends them. */
  readonly items: readonly { readonly sid: string; readonly c: string }[];
  /** GmError `bad_proof` where a proof of the service's nonce does not hold. */
  check(answers: readonly NonceAnswer[]): Promise<void>;
  /** GmError `retry` where it must be begun again. */
  finish(order: FinishOrder): Promise<Finished>;
  /** GmError `bad_answer` where a signature is not the one that this session took part in; null is passed over. */
  verify(P: Uint8Array, signatures: readonly (Signature | null)[]): Promise<void>;
  /** Drops what is left of it. */
  close(): void;
}

export interface Secrets {
  enrol(order: EnrolOrder): Promise<Enrolled>;
  session(order: SessionOrder): Promise<SecretSession>;
}
