/** Validates an XML or PDF signed elsewhere: the signature is inside, so no other file is needed. */

import type { Signer } from "./case_facts.ts";
import type { Tally } from "./checks.ts";
import { VerificationError } from "./errors.ts";
import { type P7Input, rootOf, signerBy } from "./check_p7.ts";
import { readSigned, type SignedFile } from "./signed_file.ts";

/**
 * Returns SHA-256 (hex) of the root of the signer's chain; null if none is known. Throws: VerificationError.
 */
export function checkSignedFile(file: SignedFile, known: P7Input, tally: Tally): string | null {
  const { certificate, others, content, facts } = readSigned(file);
  tally.passed("input", facts);
  tally.passed("content", { by: "inside", size: content.length });
  tally.passed("signature");
  return rootOf(certificate, others, known, tally);
}

/** Returns the signer that the certificate names; null if the signature isn't valid. */
export function signerOfFile(file: SignedFile): Signer | null {
  try {
    return signerBy(readSigned(file).certificate);
  } catch (error) {
    if (error instanceof VerificationError) {
      return null;
    }
    throw error;
  }
}
