/**
 * Revocation lists of foreign CAs, version 1 or 2, with or without number and key identifier. A list is
 * complete, or covers the certificates that name its address; lists limited to some kinds or reasons are
 * refused.
 */

import { FormError } from "@mshield/forms";
import { equalBytes, type Signature } from "@mshield/gm";

import type { Entry } from "../crl.ts";
import { PartError } from "../errors.ts";
import { type Extension, KeyUse, readIssuingPoint } from "../extensions.ts";
import type { Name } from "../names.ts";
import { OIDS } from "../oids.ts";
import { allOf, ENUMERATED, INTEGER, optional, type Reader, whole } from "../reader.ts";
import type { ForeignCertificate } from "./certificate.ts";
import { readForeignExtensions, readForeignKeyId } from "./extensions.ts";
import { type ForeignFrame, readForeignFrame, readSerial } from "./frame.ts";
import { readForeignName } from "./names.ts";
import { requireForeignSignature } from "./path.ts";

/** Maximum octets of a list. */
const MAX_CRL = 8 * 1024 * 1024;
/** Reason codes allowed in a complete list (RFC 5280, 5.3.1). */
const REASONS: ReadonlySet<bigint> = new Set([0n, 1n, 2n, 3n, 4n, 5n, 6n, 9n, 10n]);
const [UTC_TIME, GENERALIZED_TIME] = [0x17, 0x18];

/** Times in ms; entries by serial number. */
export interface ForeignCrl {
  readonly tbs: Uint8Array;
  readonly signature: Signature;
  readonly version: 1 | 2;
  readonly issuer: Name;
  readonly number: bigint | null;
  readonly aki: Uint8Array | null;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** Addresses of a list that isn't complete. */
  readonly points: readonly string[];
  readonly revoked: ReadonlyMap<bigint, Entry>;
}

/** Parses a list in DER. Verifies nothing. Throws: FormError. */
export function parseForeignCrl(der: Uint8Array): ForeignCrl {
  if (der.length > MAX_CRL) {
    throw new FormError("the list is longer than 8 MiB");
  }
  const framed = whole(der, (outer) => allOf(outer.enter(), readForeignFrame));
  const body = whole(framed.tbs, (outer) => allOf(outer.enter(), (inside) => readBody(inside, framed)));
  return { tbs: framed.tbs, signature: framed.signature, ...body };
}

/** Checks that the list is this CA's, which may sign lists. Throws: PartError. */
export function requireCrlOf(crl: ForeignCrl, issuer: ForeignCertificate): void {
  const { ski, keyUsage, isCa } = issuer.values;
  const isOther = crl.aki !== null && ski !== null && !equalBytes(crl.aki, ski);
  if (!equalBytes(crl.issuer.der, issuer.subject.der) || isOther) {
    throw new PartError("unknown_issuer", "the revocation list is not the issuer's");
  }
  if (!isCa || keyUsage?.has(KeyUse.crlSign) === false) {
    throw new PartError("wrong_usage", "the issuer may not sign lists");
  }
  requireForeignSignature(issuer, crl.tbs, crl.signature);
}

function readBody(inside: Reader, { algorithm }: ForeignFrame): Omit<ForeignCrl, "tbs" | "signature"> {
  const isFirst = inside.next !== INTEGER;
  if (!isFirst && inside.integer() !== 1n) {
    throw new FormError("neither version 1 nor 2");
  }
  if (!equalBytes(inside.raw(0x30), algorithm)) {
    throw new FormError("the two signature algorithms differ");
  }
  const [issuer, thisUpdate] = [readForeignName(inside), inside.anyTime()];
  if (inside.next !== UTC_TIME && inside.next !== GENERALIZED_TIME) {
    throw new FormError("no nextUpdate, so its age can't be determined");
  }
  const nextUpdate = inside.anyTime();
  if (nextUpdate < thisUpdate) {
    throw new FormError("nextUpdate is before thisUpdate");
  }
  const revoked = inside.next === 0x30 ? readEntries(inside.enter(), isFirst) : new Map<bigint, Entry>();
  const extensions = optional(inside, 0, readForeignExtensions) ?? [];
  requireComplete(extensions, isFirst);
  const value = (oid: string): Uint8Array | undefined => extensions.find((one) => one.oid === oid)?.value;
  const [number, aki] = [value(OIDS.crlNumber), value(OIDS.authorityKeyId)];
  const point = value(OIDS.issuingDistributionPoint);
  return {
    version: isFirst ? 1 : 2,
    issuer,
    number: number === undefined ? null : whole(number, (reader) => reader.integer()),
    aki: aki === undefined ? null : readForeignKeyId(aki),
    thisUpdate,
    nextUpdate,
    points: point === undefined ? [] : readIssuingPoint(point),
    revoked,
  };
}

function requireComplete(extensions: readonly Extension[], isFirst: boolean): void {
  const isPartial = extensions.some(
    ({ oid, isCritical }) =>
      oid === OIDS.deltaCrl ||
      (oid === OIDS.issuingDistributionPoint
        ? !isCritical
        : isCritical && oid !== OIDS.crlNumber && oid !== OIDS.authorityKeyId),
  );
  if (isPartial || (isFirst && extensions.length > 0)) {
    throw new FormError("not a complete list, an unknown critical extension, or one in a list of version 1");
  }
}

function readEntries(list: Reader, isFirst: boolean): Map<bigint, Entry> {
  const entries = new Map<bigint, Entry>();
  while (list.more) {
    const [serial, entry] = allOf(list.enter(), (reader) => readEntry(reader, isFirst));
    if (entries.has(serial)) {
      throw new FormError("a repeated serial number");
    }
    entries.set(serial, entry);
  }
  if (entries.size === 0) {
    throw new FormError("the list of entries is there, but empty");
  }
  return entries;
}

function readEntry(entry: Reader, isFirst: boolean): [serial: bigint, entry: Entry] {
  const [serial, at] = [readSerial(entry), entry.anyTime()];
  let reason = 0n;
  if (entry.more && isFirst) {
    throw new FormError("a list of version 1 has no extensions");
  }
  for (const { oid, isCritical, value } of entry.more ? readForeignExtensions(entry) : []) {
    if (oid === OIDS.reasonCode) {
      reason = whole(value, (reader) => reader.integer(ENUMERATED));
    } else if (isCritical || oid === OIDS.certificateIssuer) {
      throw new FormError("an entry is of another issuer, or has an unknown critical extension");
    }
  }
  if (!REASONS.has(reason)) {
    throw new FormError("no reason of a complete list");
  }
  return [serial, { at, reason: Number(reason) }];
}
