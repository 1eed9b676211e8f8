/**
 * What a step of the protocol refuses, by the codes that the service and its vectors use.
 *
 * A step either returns what it promises or throws one of these; nothing in them is secret.
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
