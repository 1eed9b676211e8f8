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
  given: Case,
  issuers: readonly Certificate[],
): { readonly leaf: Certificate; readonly issuer: Certificate } | null {
  const { leaf, inside } = signedBy(given);
  const issuer = leaf === null ? undefined : [...inside, ...issuers].find((each) => isNamed(leaf, each));
  return leaf === null || issuer === undefined ? null : { leaf, issuer };
}

/** The signer's certificate, as far as it can be read. */
export function leafOf(given: Case): Certificate | null {
  return signedBy(given).leaf;
}

/** What the service issues is read strictly, also out of a file that anybody could have signed. */
function signedBy(given: Case): Signed {
  const { found } = given.piece;
  try {
    if (found.kind === "p7") {
      return strictly(signerOf(found.p7, []).der, found.p7.certificates);
    }
    if (found.kind === "signed_file") {
      const { certificate, others } = readSigned(found.file);
      return strictly(certificate.der, others);
    }
  } catch (error) {
    if (error instanceof P7Error || error instanceof VerificationError) {
      return { leaf: null, inside: [] };
    }
    throw error;
  }
  return readCase(given);
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
