/** Helpers about certificates and logs, for callers that gather the inputs of a verification. */

import { FormError, fromBase64 } from "@mshield/forms";

import { tsaTrustOf } from "./standalone/trust_list.ts";
import type { Case } from "./assemble.ts";
import { type Certificate, parseCertificate, parsePem } from "./certificate.ts";
import { PartError } from "./errors.ts";
import { parseEvidence } from "./evidence.ts";
import { type ForeignCertificate, parseForeignCertificate } from "./foreign/certificate.ts";
import { attribute } from "./names.ts";
import { OIDS } from "./oids.ts";
import { requireIssued } from "./path.ts";
import { ascii, clipped, pemBlocks } from "./text.ts";
import type { TsaCertificate } from "./timestamps/certificate.ts";
import { parseAnyTsaCertificate } from "./timestamps/foreign.ts";
import type { TsaTrust } from "./timestamps/verify.ts";
import { openCheckpoint, parseVerifierKey } from "./tlog/note.ts";

/** Parses all certificates of a DER or PEM file. Throws: FormError if there is none. */
export function parseCertificates(bytes: Uint8Array): Certificate[] {
  const text = ascii(bytes);
  const certificates = /^\s*-----BEGIN/.test(text) ? parsePem(text) : [parseCertificate(bytes)];
  if (certificates.length === 0) {
    throw new FormError("no certificate");
  }
  return certificates;
}

/** Like `parseCertificates`, by the tolerant reader, for other CAs. */
export function parseForeignCertificates(bytes: Uint8Array): ForeignCertificate[] {
  const text = ascii(bytes);
  if (!/^\s*-----BEGIN/.test(text)) {
    return [parseForeignCertificate(bytes)];
  }
  return pemBlocks("CERTIFICATE", text).map((body) =>
    parseForeignCertificate(fromBase64(body, { lax: true })),
  );
}

/**
 * Reads trusted time stamping authorities from a file: roots in DER or PEM, read tolerantly, or a trust list.
 * Throws: FormError, TimeStampError.
 */
export function parseTsaTrust(bytes: Uint8Array): Required<TsaTrust> {
  return /^\s*\{/.test(ascii(bytes.subarray(0, 64)))
    ? tsaTrustOf(bytes)
    : { roots: [], tolerant: parseTsaCertificates(bytes), waived: [] };
}

function parseTsaCertificates(bytes: Uint8Array): TsaCertificate[] {
  const text = ascii(bytes);
  if (!/^\s*-----BEGIN/.test(text)) {
    return [parseAnyTsaCertificate(bytes)];
  }
  return pemBlocks("CERTIFICATE", text).map((body) =>
    parseAnyTsaCertificate(fromBase64(body, { lax: true })),
  );
}

/** Returns the certificate's CN, or O if there is none. */
export function nameOf({ subject }: Pick<Certificate, "subject">): string {
  return clipped(attribute(subject, OIDS.commonName) ?? attribute(subject, OIDS.organisation) ?? "");
}

/** Reports whether `issuer` issued the certificate, by name and signature. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return holds(() => requireIssued(certificate, issuer));
}

/** Returns the log key (vkey) that a bundle names; null for anything else. */
export function logKeyOf({ piece }: Case): string | null {
  try {
    return piece.reading.kind === "evidence" ? parseEvidence(piece.reading.bytes).log.key : null;
  } catch (error) {
    if (error instanceof FormError) {
      return null;
    }
    throw error;
  }
}

/**
 * Reports whether this key (vkey) signed the checkpoint, so that it is the key of the log that published it.
 */
export function signsCheckpoint(checkpoint: string, vkey: string): boolean {
  return holds(() => openCheckpoint(checkpoint, parseVerifierKey(vkey)));
}

function holds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof PartError) {
      return false;
    }
    throw error;
  }
}
