/** Extensions of certificates, lists and answers (RFC 5280, 4.2), and the values in a certificate's. */

import { FormError, utf8Text } from "@mshield/forms";

import { OIDS } from "./oids.ts";
import { allOf, listOf, type Reader, whole } from "./reader.ts";

/** Bits of KeyUsage. */
export const KeyUse = { digitalSignature: 0, nonRepudiation: 1, keyCertSign: 5, crlSign: 6 } as const;

export interface Extension {
  readonly oid: string;
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

/** Null or empty if the extension is absent. */
export interface ExtensionValues {
  readonly ski: Uint8Array | null;
  readonly aki: Uint8Array | null;
  readonly isCa: boolean;
  readonly pathLength: bigint | null;
  readonly keyUsage: ReadonlySet<number>;
  readonly purposes: readonly string[];
  readonly policies: readonly string[];
  readonly crlUrls: readonly string[];
  readonly caIssuerUrls: readonly string[];
  readonly ocspNoCheck: boolean;
  readonly creditCode: string | null;
  readonly unknownCritical: readonly string[];
}

/** Reads the next SEQUENCE OF Extension, which must not be empty. */
export function readExtensions(reader: Reader): Extension[] {
  const extensions = listOf(reader.enter(), (list) =>
    allOf(list.enter(), (item) => ({
      oid: item.oid(),
      isCritical: item.defaultFalse(),
      value: item.octets(),
    })),
  );
  if (extensions.length === 0) {
    throw new FormError("a list of extensions may not be empty");
  }
  return extensions;
}

/**
 * Returns the key identifier of AuthorityKeyIdentifier, which is required; issuer and serial number may
 * follow.
 */
export function readAuthorityKeyId(value: Uint8Array): Uint8Array {
  const inside = whole(value, (reader) => reader.enter());
  const identifier = inside.content(0x80);
  listOf(inside, (rest) => rest.raw());
  return identifier;
}

/** Reads all extensions of a certificate. Throws: FormError if one is malformed or repeated. */
export function readValues(extensions: readonly Extension[]): ExtensionValues {
  const byOid = new Map(extensions.map(({ oid, value }) => [oid, value]));
  if (byOid.size !== extensions.length) {
    throw new FormError("a repeated extension");
  }
  const contents = new Map([...byOid].map(([oid, value]) => [oid, READERS[oid]?.(value)]));
  const get = <T>(oid: string, absent: T): T => (contents.has(oid) ? (contents.get(oid) as T) : absent);
  const [isCa, pathLength] = get<[boolean, bigint | null]>(OIDS.basicConstraints, [false, null]);
  const access = get<[method: string, url: string][]>(OIDS.authorityInfoAccess, []);
  return {
    ski: get<Uint8Array | null>(OIDS.subjectKeyId, null),
    aki: get<Uint8Array | null>(OIDS.authorityKeyId, null),
    isCa,
    pathLength,
    keyUsage: get(OIDS.keyUsage, new Set<number>()),
    purposes: get<string[]>(OIDS.extendedKeyUsage, []),
    policies: get<string[]>(OIDS.certificatePolicies, []),
    crlUrls: get<string[]>(OIDS.crlDistributionPoints, []),
    caIssuerUrls: access.filter(([method]) => method === OIDS.caIssuers).map(([, url]) => url),
    ocspNoCheck: byOid.has(OIDS.ocspNoCheck),
    creditCode: get<string | null>(OIDS.organisationCode, null),
    unknownCritical: extensions
      .filter(({ oid, isCritical }) => isCritical && !isKnown(oid))
      .map(({ oid }) => oid),
  };
}

/** Reports whether an extension of this name may be critical. */
export function isKnown(oid: string): boolean {
  return Object.hasOwn(READERS, oid);
}

/** Readers of the known extensions' values. */
const READERS: Readonly<Record<string, (value: Uint8Array) => unknown>> = {
  [OIDS.subjectKeyId]: (value) => whole(value, (reader) => reader.octets()),
  [OIDS.authorityKeyId]: readAuthorityKeyId,
  [OIDS.basicConstraints]: readBasicConstraints,
  [OIDS.keyUsage]: readKeyUsage,
  [OIDS.extendedKeyUsage]: readPurposes,
  [OIDS.crlDistributionPoints]: readCrlUrls,
  [OIDS.authorityInfoAccess]: readInfoAccess,
  [OIDS.certificatePolicies]: (value) =>
    listOf(
      whole(value, (reader) => reader.enter()),
      (policies) => policies.enter().oid(),
    ),
  [OIDS.ocspNoCheck]: (value) => whole(value, (reader) => reader.null()),
  [OIDS.identifyCode]: readIdentifyCode,
  [OIDS.organisationCode]: (value) => whole(value, (reader) => reader.printable()),
};

function readBasicConstraints(value: Uint8Array): [isCa: boolean, pathLength: bigint | null] {
  return allOf(
    whole(value, (reader) => reader.enter()),
    (inside) => {
      const isCa = inside.defaultFalse();
      const limit = inside.more ? inside.integer() : null;
      if (limit !== null && (limit < 0n || !isCa)) {
        throw new FormError("path length is negative, or is not on a CA's certificate");
      }
      return [isCa, limit];
    },
  );
}

function readKeyUsage(value: Uint8Array): Set<number> {
  const bits = whole(value, (reader) => reader.namedBits());
  if (bits.size === 0) {
    throw new FormError("key usage without a bit");
  }
  return bits;
}

export function readPurposes(value: Uint8Array): string[] {
  const purposes = listOf(
    whole(value, (reader) => reader.enter()),
    (inside) => inside.oid(),
  );
  if (purposes.length === 0) {
    throw new FormError("extended key usage without a purpose");
  }
  return purposes;
}

/** Reads points, which must be full names made of URLs. */
function readCrlUrls(value: Uint8Array): string[] {
  const points = whole(value, (reader) => reader.enter());
  return listOf(points, (list) => {
    const name = allOf(list.enter(), (point) => point.enter(0xa0));
    return listOf(
      allOf(name, (inside) => inside.enter(0xa0)),
      readUrl,
    );
  }).flat();
}

/**
 * Returns the URLs of a list's own point. Throws: FormError if it has no name, or is limited to some kinds or
 * reasons.
 */
export function readIssuingPoint(value: Uint8Array): string[] {
  const name = allOf(
    whole(value, (reader) => reader.enter()),
    (point) => point.enter(0xa0),
  );
  const urls = listOf(
    allOf(name, (inside) => inside.enter(0xa0)),
    readUrl,
  );
  if (urls.length === 0) {
    throw new FormError("a point without a name");
  }
  return urls;
}

function readInfoAccess(value: Uint8Array): [method: string, url: string][] {
  return listOf(
    whole(value, (reader) => reader.enter()),
    (pairs) => allOf(pairs.enter(), (pair) => [pair.oid(), readUrl(pair)] as [string, string]),
  );
}

/** Reads `[0]` or `[2]` EXPLICIT PrintableString: ID card or passport (ADR 2). */
function readIdentifyCode(value: Uint8Array): string {
  return whole(value, (reader) => {
    const tag = reader.next;
    if (tag !== 0xa0 && tag !== 0xa2) {
      throw new FormError("not an identify code with an id card or passport number");
    }
    return allOf(reader.enter(tag), (inside) => inside.printable());
  });
}

function readUrl(reader: Reader): string {
  const url = reader.content(0x86);
  if (url.some((octet) => octet > 0x7f)) {
    throw new FormError("a URL is not ASCII");
  }
  return utf8Text(url);
}
