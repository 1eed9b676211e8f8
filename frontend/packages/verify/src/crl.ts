/** Certificate revocation lists, version 2 (RFC 5280, 5), of one CA or a shard of it. */

import { FormError } from "@mshield/forms";
import { equalBytes, type Signature } from "@mshield/gm";

import { readAuthorityKeyId, readExtensions, readIssuingPoint } from "./extensions.ts";
import { ALGORITHM, readFrame } from "./frame.ts";
import { type Name, readName } from "./names.ts";
import { OIDS } from "./oids.ts";
import { allOf, ENUMERATED, listOf, type Reader, whole } from "./reader.ts";

export interface Entry {
  readonly at: number;
  readonly reason: number;
}

/**
 * Times in ms; entries by serial number. `points` are a shard's addresses, empty if the list covers all
 * certificates.
 */
export interface Crl {
  readonly tbs: Uint8Array;
  readonly signature: Signature;
  readonly issuer: Name;
  readonly aki: Uint8Array;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly points: readonly string[];
  readonly revoked: ReadonlyMap<bigint, Entry>;
}

/** Parses a list in DER. Throws: FormError. */
export function parseCrl(der: Uint8Array): Crl {
  const { tbs, signature } = whole(der, (outer) => allOf(outer.enter(), readFrame));
  return { tbs, signature, ...whole(tbs, (outer) => allOf(outer.enter(), readBody)) };
}

function readBody(inside: Reader): Omit<Crl, "tbs" | "signature"> {
  if (inside.integer() !== 1n || !equalBytes(inside.raw(), ALGORITHM)) {
    throw new FormError("not a version 2 list signed with SM2 and SM3");
  }
  const issuer = readName(inside);
  const [thisUpdate, nextUpdate] = [inside.time(), inside.time()];
  const entries = inside.next === 0x30 ? listOf(inside.enter(), readEntry) : [];
  const wrapped = inside.explicit(0);
  if (wrapped === null) {
    throw new FormError("no extensions");
  }
  const extensions = new Map(allOf(wrapped, readExtensions).map((extension) => [extension.oid, extension]));
  const [number, aki] = [extensions.get(OIDS.crlNumber), extensions.get(OIDS.authorityKeyId)];
  extensions.delete(OIDS.crlNumber);
  extensions.delete(OIDS.authorityKeyId);
  const point = extensions.get(OIDS.issuingDistributionPoint);
  extensions.delete(OIDS.issuingDistributionPoint);
  if (number === undefined || aki === undefined || [...extensions.values()].some((e) => e.isCritical)) {
    throw new FormError("number or authority key id is missing, or a critical extension is unknown");
  }
  if (point?.isCritical === false) {
    throw new FormError("the issuing distribution point is not critical");
  }
  whole(number.value, (reader) => reader.integer());
  const points = point === undefined ? [] : readIssuingPoint(point.value);
  const revoked = new Map(entries);
  if (revoked.size !== entries.length) {
    throw new FormError("a repeated serial number");
  }
  return { issuer, aki: readAuthorityKeyId(aki.value), thisUpdate, nextUpdate, points, revoked };
}

function readEntry(list: Reader): [serial: bigint, entry: Entry] {
  return allOf(list.enter(), (entry) => {
    const [serial, at] = [entry.integer(), entry.time()];
    let reason = 0n;
    for (const extension of entry.more ? readExtensions(entry) : []) {
      if (extension.oid === OIDS.reasonCode) {
        reason = whole(extension.value, (reader) => reader.integer(ENUMERATED));
      } else if (extension.isCritical) {
        throw new FormError("an entry has an unknown critical extension");
      }
    }
    return [serial, { at, reason: Number(reason) }];
  });
}
