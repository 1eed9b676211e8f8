/** A parsed foreign certificate: SM2, version 3, strict DER, with the deviations of real CAs. */

import { FormError } from "@mshield/forms";
import { equalBytes, type Signature } from "@mshield/gm";

import { V3 } from "../certificate.ts";
import { type Extension, KeyUse } from "../extensions.ts";
import type { Name } from "../names.ts";
import { OIDS } from "../oids.ts";
import { allOf, optional, type Reader, whole } from "../reader.ts";
import { type ForeignValues, readForeignExtensions, readForeignValues } from "./extensions.ts";
import { type ForeignFrame, readForeignFrame, readForeignKey, readSerial } from "./frame.ts";
import { readForeignName } from "./names.ts";

/** Purposes that a signer of documents may have only beside others. */
const NO_SIGNERS: ReadonlySet<string> = new Set([OIDS.serverAuth, OIDS.timeStamping, OIDS.ocspSigning]);

/** Times in ms; `tbs` is what `signature` covers. */
export interface ForeignCertificate {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly signature: Signature;
  readonly serial: bigint;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: Uint8Array;
  readonly extensions: readonly Extension[];
  readonly values: ForeignValues;
}

/** Parses a certificate in DER; `path.ts` decides whether to trust it. Throws: FormError. */
export function parseForeignCertificate(der: Uint8Array): ForeignCertificate {
  const framed = whole(der, (outer) => allOf(outer.enter(), readForeignFrame));
  const body = whole(framed.tbs, (outer) => allOf(outer.enter(), (inside) => readBody(inside, framed)));
  return { der, tbs: framed.tbs, signature: framed.signature, ...body };
}

/** Reports whether it may sign documents, by its key usage and its purposes. */
export function maySign({ values: { keyUsage, purposes } }: ForeignCertificate): boolean {
  const signs =
    keyUsage?.has(KeyUse.digitalSignature) === true || keyUsage?.has(KeyUse.nonRepudiation) === true;
  return signs && (purposes === null || !purposes.every((purpose) => NO_SIGNERS.has(purpose)));
}

function readBody(
  inside: Reader,
  { algorithm }: ForeignFrame,
): Omit<ForeignCertificate, "der" | "tbs" | "signature"> {
  if (optional(inside, 0, (reader) => reader.integer()) !== V3) {
    throw new FormError("not a version 3 certificate");
  }
  const serial = readSerial(inside);
  if (!equalBytes(inside.raw(0x30), algorithm)) {
    throw new FormError("the two signature algorithms differ");
  }
  const issuer = readForeignName(inside);
  const [notBefore, notAfter] = allOf(
    inside.enter(),
    (validity) => [validity.anyTime(), validity.anyTime()] as const,
  );
  if (notAfter < notBefore) {
    throw new FormError("the validity ends before it begins");
  }
  const [subject, publicKey] = [readForeignName(inside), readForeignKey(inside)];
  const extensions = optional(inside, 3, readForeignExtensions) ?? [];
  const values = readForeignValues(extensions);
  return { serial, issuer, subject, notBefore, notAfter, publicKey, extensions, values };
}
