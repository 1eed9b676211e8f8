/** Answers of time stamping authorities (RFC 3161, 2.4.2), and whether one matches its request. */

import { TimeStampError } from "../errors.ts";
import { allOf, whole } from "../reader.ts";
import { type StampCase, type VerifiedStamp, verifyToken } from "./verify.ts";

/** The request and its data. */
export interface AnswerCase extends StampCase {
  readonly hash: string;
  readonly nonce: bigint;
  readonly policy: string;
}

/**
 * Checks that the token is valid, of a trusted authority, and answers this request. Throws: TimeStampError.
 */
export function requireAnswer({ hash, nonce, policy, ...stamp }: AnswerCase): VerifiedStamp {
  const verified = verifyToken(stamp);
  const { info, root } = verified;
  if (info.hash !== hash) {
    throw new TimeStampError("hash", "another hash than asked for");
  }
  if (info.nonce !== nonce) {
    throw new TimeStampError("nonce", "not the answer to this question");
  }
  if (info.policy !== policy) {
    throw new TimeStampError("policy", "another policy than asked for");
  }
  if (root === null) {
    throw new TimeStampError("no_path", "no path to a trusted root");
  }
  return verified;
}

/** Returns the token in an answer. Throws: TimeStampError `status` if the authority refused. */
export function tokenOf(answer: Uint8Array): Uint8Array {
  return whole(answer, (reader) =>
    allOf(reader.enter(), (inside) => {
      const status = inside.enter().integer();
      if (status !== 0n && status !== 1n) {
        throw new TimeStampError("status", `the authority answers with status ${status}`);
      }
      return inside.raw(0x30);
    }),
  );
}
