/** Verification errors, with the codes of `mshield verify` and the step that found them. */

import { FormError } from "@mshield/forms";
import { GmError } from "@mshield/gm";

export type Step =
  | "input"
  | "content"
  | "display"
  | "request"
  | "chain"
  | "revocation"
  | "signature"
  | "signer"
  | "cms"
  | "time_stamp"
  | "log"
  | "issuers"
  | "now";

/** Details of a revocation: its time (ms) and the reason code of RFC 5280. */
export interface Revocation {
  readonly at: number;
  readonly reason: number;
}

/** A part is invalid: of a chain, a status or a log. */
export class PartError extends Error {
  override readonly name: string = "PartError";
  readonly code: string;
  readonly revocation: Revocation | null;

  constructor(code: string, message: string, revocation: Revocation | null = null) {
    super(message);
    this.code = code;
    this.revocation = revocation;
  }
}

/** A time stamp or its authority is malformed or not trustworthy; `reason` is one word. */
export class TimeStampError extends PartError {
  override readonly name = "TimeStampError";
  readonly reason: string;

  constructor(reason: string, message: string) {
    super("bad_time_stamp", message);
    this.reason = reason;
  }
}

/** A SignedData of GB/T 35275 or RFC 5652 is refused; `reason` is one word. */
export class P7Error extends PartError {
  override readonly name = "P7Error";
  readonly reason: string;

  constructor(reason: string, message: string) {
    super("bad_p7", message);
    this.reason = reason;
  }
}

/** A signature in a PDF is refused; `reason` is one word. */
export class SignedPdfError extends PartError {
  override readonly name = "SignedPdfError";
  readonly reason: string;

  constructor(reason: string, message: string) {
    super("bad_signed_pdf", message);
    this.reason = reason;
  }
}

/** The content is not the one that a signature names. */
export class ContentMismatch extends Error {
  override readonly name = "ContentMismatch";
}

/** The verification failed; `message` is for a log. */
export class VerificationError extends Error {
  override readonly name = "VerificationError";
  readonly code: string;
  readonly step: Step;
  readonly revocation: Revocation | null;

  constructor(code: string, step: Step, message: string, revocation: Revocation | null = null) {
    super(message);
    this.code = code;
    this.step = step;
    this.revocation = revocation;
  }
}

/**
 * Returns the result of `work`; its errors are assigned to this step, and malformed input is `unreadable`.
 */
export async function inStep<T>(step: Step, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw named(step, error);
  }
}

function named(step: Step, error: unknown): unknown {
  if (error instanceof PartError) {
    return new VerificationError(error.code, step, error.message, error.revocation);
  }
  if (error instanceof ContentMismatch) {
    return new VerificationError("message_mismatch", step, error.message);
  }
  if (error instanceof FormError) {
    return new VerificationError("unreadable", step, error.message);
  }
  if (error instanceof GmError) {
    return new VerificationError("bad_signature", step, error.message);
  }
  return error;
}
