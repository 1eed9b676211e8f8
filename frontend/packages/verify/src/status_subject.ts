/**
 * Certificates whose present status may be requested from the service: those it issued, in any form of
 * signature.
 */

import { FormError } from "@mshield/forms";

import type { Case } from "./assemble.ts";
import { type CaseFacts, readCase } from "./case_facts.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { P7Error, VerificationError } from "./errors.ts";
import { signerOf } from "./foreign/p7.ts";
import { isNamed } from "./path.ts";
import { readSigned } from "./signed_file.ts";

type Signed = Pick<CaseFacts, "leaf" | "inside">;

/** Returns the signer's certificate and its issuer's; null if one is unknown. */
export function findStatusSubject(
  matter: Case,
  issuers: readonly Certificate[],
): { readonly leaf: Certificate; readonly issuer: Certificate } | null {
  const { leaf, inside } = signedBy(matter);
  const issuer =
    leaf === null ? undefined : [...inside, ...issuers].find((certificate) => isNamed(leaf, certificate));
  return leaf === null || issuer === undefined ? null : { leaf, issuer };
}

/** Returns the signer's certificate if it can be read. */
export function leafOf(matter: Case): Certificate | null {
  return signedBy(matter).leaf;
}

/** Reads strictly what the service issues, even from a file that anybody could have signed. */
function signedBy(matter: Case): Signed {
  const { reading } = matter.piece;
  try {
    if (reading.kind === "p7") {
      return strictly(signerOf(reading.p7, []).der, reading.p7.certificates);
    }
    if (reading.kind === "signed_file") {
      const { certificate, others } = readSigned(reading.file);
      return strictly(certificate.der, others);
    }
  } catch (error) {
    if (error instanceof P7Error || error instanceof VerificationError) {
      return { leaf: null, inside: [] };
    }
    throw error;
  }
  return readCase(matter);
}

function strictly(leaf: Uint8Array, others: readonly Uint8Array[]): Signed {
  return { leaf: readable(leaf)[0] ?? null, inside: others.flatMap(readable) };
}

function readable(der: Uint8Array): Certificate[] {
  try {
    return [parseCertificate(der)];
  } catch (error) {
    if (error instanceof FormError) {
      return [];
    }
    throw error;
  }
}
