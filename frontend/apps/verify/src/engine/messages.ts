/**
 * Messages between page and worker. The worker has the files and no network; the page has the network and no
 * contents.
 */

import type { Answer, Kind, Result } from "@mshield/verify";

/** A file as the worker recognised it. */
export interface RecognisedFile {
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
  readonly size: number;
  /** Subjects of its certificates. */
  readonly subjects: readonly string[];
}

/** A status request for a case: the answer is for the certificate of this serial number. */
export interface StatusQuestion {
  readonly caseId: string;
  readonly serial: string;
  /** The OCSP request (DER). */
  readonly request: Uint8Array;
}

export interface Plan {
  readonly questions: readonly StatusQuestion[];
  /** Names of the service's CAs whose certificates are needed (`issuing-2`). */
  readonly wantedCas: readonly string[];
  /** Cases whose certificate is from another CA than the service's. */
  readonly foreign: readonly string[];
}

/** Trusted and known data, as bytes; times in ms. */
export interface TrustData {
  readonly now: number;
  readonly roots: readonly Uint8Array[];
  readonly serviceRoot: Uint8Array | null;
  readonly serviceCas: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  /** The service's own checkpoint: if a bundle's log key signed it, that key is the service's. */
  readonly checkpoint: string | null;
  readonly logKeys: readonly string[];
  /** Keys of witnesses: the service's, used for its own log only; `witnessKeys` are the user's. */
  readonly serviceWitnesses: readonly string[];
  readonly witnessKeys: readonly string[];
  /** In DER or PEM, each with one or more certificates. */
  readonly tsaRoots: readonly Uint8Array[];
  readonly answers: Readonly<Record<string, Answer>>;
}

/** A result with its document if readable: `text` if it is text of at most a megabyte. */
export interface CaseResult extends Result {
  readonly caseId: string;
  readonly text: string | null;
  /** SM3 (hex) of the signature's file. */
  readonly sourceDigest: string;
  /** True if the document is inside the signature's file, so that it can be saved from there. */
  readonly isInside: boolean;
}

export interface VerifyResult {
  readonly results: readonly CaseResult[];
  /** Names of documents without a signature. */
  readonly unused: readonly string[];
}

/** Calls to the worker, and their results. */
export interface WorkerCalls {
  take: (id: string, file: File, asDocument: boolean) => RecognisedFile;
  drop: (id: string) => null;
  plan: (ground: TrustData) => Plan;
  verify: (ground: TrustData) => VerifyResult;
  /** Returns the document inside a signature's file; null if there is none. */
  document: (caseId: string) => Uint8Array<ArrayBuffer> | null;
  fingerprints: (encoded: Uint8Array) => readonly Root[];
  tsaFingerprints: (encoded: Uint8Array) => readonly Root[];
}

/** A displayed root; `sha256` in hex. */
export interface Root {
  readonly name: string;
  readonly sha256: string;
}

export type CallName = keyof WorkerCalls;

export interface WorkerRequest {
  readonly number: number;
  readonly call: CallName;
  readonly parameters: readonly unknown[];
}

export type WorkerReply =
  | { readonly number: number; readonly answer: unknown }
  | { readonly number: number; readonly failed: string }
  /** Progress of reading a file. */
  | { readonly progress: { readonly id: string; readonly done: number } };
