/** What does not hold, by the codes of `mshield verify`, and the step of the verification that found it. */

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

/** What a revocation says beside its code: since when (ms) and the reason code of RFC 5280. */
export interface Revocation {
  readonly at: number;
  readonly reason: number;
}

/** A part that does not hold: one of a chain, a status or a log. */
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

/** A time stamp or its authority out of form, or not to be believed; `reason` is one word. */
export class TimeStampError extends PartError {
  override readonly name = "TimeStampError";
  readonly reason: string;

  constructor(reason: string, message: string) {
    super("bad_time_stamp", message);
    this.reason = reason;
  }
}

/** A SignedData of GB/T 35275 or RFC 5652 that is refused; `reason` is one word. */
export class P7Error extends PartError {
  override readonly name = "P7Error";
  readonly reason: string;

  constructor(reason: string, message: string) {
    super("bad_p7", message);
    this.reason = reason;
  }
}

/** A signature in a PDF that is refused; `reason` is one word. */
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

/** Not verified; `message` is for a log. */
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

/** What `work` gives; what is found wrong in it is wrong in this step, and what can't be read is `unreadable`. */
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
