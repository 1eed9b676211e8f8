/** What the page and its worker say to each other. The worker sees the files and has no network; the page is the reverse. */

import type { Answer, Kind, Result } from "@mshield/verify";

/** A file as the worker took it. */
export interface Taken {
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
  readonly size: number;
  /** Whom a certificate names. */
  readonly subjects: readonly string[];
}

/** What may be asked about a case: the answer is for the certificate of this serial number. */
export interface Question {
  readonly caseId: string;
  readonly serial: string;
  /** The OCSP request (DER). */
  readonly request: Uint8Array;
}

export interface Plan {
  readonly questions: readonly Question[];
  /** Names of the service's CAs whose certificates would help (`issuing-2`). */
  readonly wantedCas: readonly string[];
  /** Cases whose certificate is of another CA than the service's. */
  readonly foreign: readonly string[];
}

/** What is trusted and known, as bytes; times in ms. */
export interface Ground {
  readonly now: number;
  readonly roots: readonly Uint8Array[];
  readonly serviceRoot: Uint8Array | null;
  readonly serviceCas: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  /** The service's own checkpoint: a bundle's log key that signed it is the service's. */
  readonly checkpoint: string | null;
  readonly logKeys: readonly string[];
  /** Keys of witnesses: those that the service names, for its own log alone, and the user's. */
  readonly serviceWitnesses: readonly string[];
  readonly witnessKeys: readonly string[];
  /** DER or PEM, each of which may have several. */
  readonly tsaRoots: readonly Uint8Array[];
  readonly answers: Readonly<Record<string, Answer>>;
}

/** A result with its document, as far as that can be read: `text` where it is text of at most a megabyte. */
export interface Shown extends Result {
  readonly caseId: string;
  readonly text: string | null;
  /** SM3 (hex) of the signature's file. */
  readonly sourceDigest: string;
  /** Whether the document lies in the signature's file, from where it can be saved. */
  readonly isInside: boolean;
}

export interface Judged {
  readonly results: readonly Shown[];
  /** Names of documents that no signature is over. */
  readonly unused: readonly string[];
}

/** Calls to the worker, with what it answers. */
export interface Calls {
  take: (id: string, file: File, asDocument: boolean) => Taken;
  drop: (id: string) => null;
  plan: (ground: Ground) => Plan;
  judge: (ground: Ground) => Judged;
  /** The document in a signature's file; null where there is none. */
  document: (caseId: string) => Uint8Array<ArrayBuffer> | null;
  fingerprints: (encoded: Uint8Array) => readonly Root[];
  tsaFingerprints: (encoded: Uint8Array) => readonly Root[];
}

/** A root as it is shown; `sha256` in hex. */
export interface Root {
  readonly name: string;
  readonly sha256: string;
}

export type CallName = keyof Calls;

export interface Order {
  readonly number: number;
  readonly call: CallName;
  readonly parameters: readonly unknown[];
}

export type Reply =
  | { readonly number: number; readonly answer: unknown }
  | { readonly number: number; readonly failed: string }
  /** How far a file is read. */
  | { readonly progress: { readonly id: string; readonly done: number } };
