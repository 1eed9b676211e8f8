/**
 * Error of a protocol step, with one of the codes that the service and its vectors use.
 *
 * A step either returns its result or throws this error, which never holds a secret value.
 */

export type GmCode =
  | "malformed"
  | "bad_point"
  | "bad_proof"
  | "bad_opening"
  | "bad_signature"
  | "bad_answer"
  | "no_session"
  | "wrong_pin"
  | "retry"
  | "fault";

export class GmError extends Error {
  override readonly name = "GmError";
  readonly code: GmCode;

  constructor(code: GmCode, message: string) {
    super(message);
    this.code = code;
  }
}
