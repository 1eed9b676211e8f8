/**
 * OCSP (RFC 6960): a request about one certificate, and answers signed with SM2 by a responder identified by
 * its key.
 */

import { FormError, octetString, oid, sequence, tlv } from "@mshield/forms";
import { equalBytes, type Signature, sm3 } from "@mshield/gm";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";

import { type Certificate, keyId, parseCertificate } from "./certificate.ts";
import { type Extension, readExtensions } from "./extensions.ts";
import { readFrame } from "./frame.ts";
import { OIDS } from "./oids.ts";
import { allOf, ENUMERATED, listOf, optional, type Reader, whole } from "./reader.ts";

const HASHES: Readonly<Record<string, readonly [hash: (data: Uint8Array) => Uint8Array, bytes: number]>> = {
  [OIDS.sha1]: [sha1, 20],
  [OIDS.sha256]: [sha256, 32],
  [OIDS.sm3]: [sm3, 32],
};
const MAX_NONCE = 128;

/** Identifies a certificate by hashes of its issuer's name and key, and its serial number. */
export interface CertId {
  readonly hash: string;
  readonly nameHash: Uint8Array;
  readonly keyHash: Uint8Array;
  readonly serial: bigint;
}

export type Status =
  | { readonly state: "good" | "unknown" }
  | { readonly state: "revoked"; readonly at: number; readonly reason: number };

/** One certificate's status; times in ms, `nextUpdate` null if newer status is always available. */
export interface SingleStatus {
  readonly certId: CertId;
  readonly status: Status;
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
}

/** `responderKeyHash` is SHA-1 of the responder's key bits. */
export interface OcspResponse {
  readonly tbs: Uint8Array;
  readonly signature: Signature;
  readonly responderKeyHash: Uint8Array;
  readonly producedAt: number;
  readonly statuses: readonly SingleStatus[];
  readonly certificates: readonly Certificate[];
}

/**
 * Builds a request (DER), unsigned and without a nonce; it contains the serial number and the issuer's
 * hashes.
 */
export function ocspRequest(certificate: Certificate, issuer: Certificate): Uint8Array {
  const certId = sequence(
    sequence(oid(OIDS.sha1), tlv(5)),
    octetString(sha1(issuer.subject.der)),
    octetString(keyId(issuer.publicKey)),
    whole(certificate.tbs, (outer) => serialOf(outer.enter())),
  );
  return sequence(sequence(sequence(sequence(certId))));
}

/** Returns the serial number as encoded in a TBSCertificate. */
function serialOf(inside: Reader): Uint8Array {
  inside.explicit(0);
  return inside.raw(2);
}

/** Parses an answer in DER. Throws: FormError if it reports an error or has another form. */
export function parseOcsp(der: Uint8Array): OcspResponse {
  const basic = whole(der, (reader) => allOf(reader.enter(), readOuter));
  const { framed, certificates } = whole(basic, (reader) =>
    allOf(reader.enter(), (inside) => ({
      framed: readFrame(inside),
      certificates: readCertificates(inside),
    })),
  );
  return { ...framed, certificates, ...whole(framed.tbs, (reader) => allOf(reader.enter(), readData)) };
}

export function isIssuedBy(
  { hash, nameHash, keyHash }: CertId,
  issuer: Pick<Certificate, "subject" | "publicKey">,
): boolean {
  const [digest] = HASHES[hash]!;
  return equalBytes(nameHash, digest(issuer.subject.der)) && equalBytes(keyHash, digest(issuer.publicKey));
}

export function readOuter(outer: Reader): Uint8Array {
  const status = outer.integer(ENUMERATED);
  const wrapped = outer.explicit(0);
  if (status !== 0n || wrapped === null) {
    throw new FormError(`the responder answers with error ${status}`);
  }
  return allOf(
    allOf(wrapped, (reader) => reader.enter()),
    (content) => {
      if (content.oid() !== OIDS.ocspBasic) {
        throw new FormError("not a basic response");
      }
      return content.octets();
    },
  );
}

function readCertificates(inside: Reader): Certificate[] {
  const wrapped = inside.explicit(0);
  return wrapped === null
    ? []
    : listOf(
        allOf(wrapped, (reader) => reader.enter()),
        (list) => parseCertificate(list.raw()),
      );
}

function readData(inside: Reader): Pick<OcspResponse, "responderKeyHash" | "producedAt" | "statuses"> {
  const byKey = inside.explicit(2);
  if (byKey === null) {
    throw new FormError("not a version 1 response with the responder named by key");
  }
  const responderKeyHash = allOf(byKey, (reader) => reader.octets());
  const producedAt = inside.generalizedTime();
  const statuses = listOf(inside.enter(), (list) => readSingle(list.enter()));
  requireOnlyNonce(optional(inside, 1, readExtensions) ?? []);
  return { responderKeyHash, producedAt, statuses };
}

export function requireOnlyNonce(extensions: readonly Extension[]): void {
  const nonces = extensions
    .filter(({ oid: type }) => type === OIDS.ocspNonce)
    .map((nonce) => whole(nonce.value, (reader) => reader.octets()));
  const isUnknown = extensions.some(({ oid: type, isCritical }) => isCritical && type !== OIDS.ocspNonce);
  const isOdd = nonces.length > 1 || nonces.some(({ length }) => length < 1 || length > MAX_NONCE);
  if (isUnknown || isOdd) {
    throw new FormError("an unknown critical extension, more than one nonce, or a nonce of odd length");
  }
}

function readSingle(item: Reader): SingleStatus {
  const [certId, status, thisUpdate] = [
    allOf(item.enter(), readCertId),
    readStatus(item),
    item.generalizedTime(),
  ];
  const nextUpdate = optional(item, 0, (until) => until.generalizedTime());
  const extensions = optional(item, 1, readExtensions) ?? [];
  item.end();
  if (extensions.some(({ isCritical }) => isCritical)) {
    throw new FormError("an unknown critical extension");
  }
  return { certId, status, thisUpdate, nextUpdate };
}

export function readCertId(inside: Reader): CertId {
  const hash = allOf(inside.enter(), (algorithm) => {
    const identifier = algorithm.oid();
    if (algorithm.more) {
      algorithm.null();
    }
    return identifier;
  });
  const [nameHash, keyHash, serial] = [inside.octets(), inside.octets(), inside.integer()];
  const bytes = Object.hasOwn(HASHES, hash) ? HASHES[hash]![1] : -1;
  if (nameHash.length !== bytes || keyHash.length !== bytes) {
    throw new FormError("the hash of a certificate id is not SHA-1, SHA-256 or SM3, or of wrong length");
  }
  return { hash, nameHash, keyHash, serial };
}

export function readStatus(item: Reader): Status {
  const tag = item.next;
  if (tag === 0x80 || tag === 0x82) {
    if (item.content(tag).length > 0) {
      throw new FormError("a status has content that it may not have");
    }
    return { state: tag === 0x80 ? "good" : "unknown" };
  }
  return allOf(item.enter(0xa1), (info) => {
    const at = info.generalizedTime();
    const reason = optional(info, 0, (why) => why.integer(ENUMERATED)) ?? 0n;
    return { state: "revoked" as const, at, reason: Number(reason) };
  });
}
