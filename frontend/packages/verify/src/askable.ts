/** Whose present state may be asked of the service: of what it issued, in whatever form the signature comes. */

import { FormError } from "@mshield/forms";

import type { Case } from "./assemble.ts";
import { type Read, readCase } from "./case_facts.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { P7Error, VerificationError } from "./errors.ts";
import { signerOf } from "./foreign/p7.ts";
import { isNamed } from "./path.ts";
import { readSigned } from "./signed_file.ts";

type Signed = Pick<Read, "leaf" | "inside">;

/** The signer's certificate and its issuer's; null where one is not known. */
export function askable(
  matter: Case,
  issuers: readonly Certificate[],
): { readonly leaf: Certificate; readonly issuer: Certificate } | null {
  const { leaf, inside } = signedBy(matter);
  const issuer =
    leaf === null ? undefined : [...inside, ...issuers].find((certificate) => isNamed(leaf, certificate));
  return leaf === null || issuer === undefined ? null : { leaf, issuer };
}

/** The signer's certificate, as far as it can be read. */
export function leafOf(matter: Case): Certificate | null {
  return signedBy(matter).leaf;
}

/** What the service issues is read strictly, also out of a file that anybody could have signed. */
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
