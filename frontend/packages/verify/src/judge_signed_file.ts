/** Judges an XML or PDF that somebody else signed: the signature stands inside, and nothing else is needed to check it. */

import type { Signer } from "./case_facts.ts";
import type { Tally } from "./checks.ts";
import { VerificationError } from "./errors.ts";
import { type P7Known, rootOf, signerBy } from "./judge_p7.ts";
import { readSigned, type SignedFile } from "./signed_file.ts";

/** SHA-256 (hex) of the root to which the signer's chain leads; null where none is known. VerificationError. */
export function judgeSignedFile(file: SignedFile, known: P7Known, tally: Tally): string | null {
  const { certificate, others, content, facts } = readSigned(file);
  tally.passed("input", facts);
  tally.passed("content", { by: "inside", size: content.length });
  tally.passed("signature");
  return rootOf(certificate, others, known, tally);
}

/** Whom the certificate names, as it says; null where the signature isn't right. */
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
