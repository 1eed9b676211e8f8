/**
 * Extensions of foreign certificates, lists and answers: an explicit false is allowed, private ones are kept
 * as bytes.
 */

import { FormError, utf8Text } from "@mshield/forms";

import { type Extension, isKnown, readPurposes } from "../extensions.ts";
import { OIDS } from "../oids.ts";
import { allOf, BIT_STRING, BOOLEAN, listOf, MAX_BITS, type Reader, whole } from "../reader.ts";

const [FULL_NAME, RELATIVE, URI] = [0xa0, 0xa1, 0x86];

/** Values that a path needs; null or empty if the extension is absent. */
export interface ForeignValues {
  readonly ski: Uint8Array | null;
  readonly aki: Uint8Array | null;
  readonly isCa: boolean;
  readonly pathLength: bigint | null;
  readonly keyUsage: ReadonlySet<number> | null;
  readonly purposes: readonly string[] | null;
  /** Only http and https; directories and LDAP are never followed. */
  readonly crlUrls: readonly string[];
  readonly ocspUrls: readonly string[];
  readonly unknownCritical: readonly string[];
}

/** Reads the next SEQUENCE OF Extension: at least one, none repeated. */
export function readForeignExtensions(reader: Reader): Extension[] {
  const extensions = listOf(reader.enter(), (list) =>
    allOf(list.enter(), (item) => ({
      oid: item.oid(),
      isCritical: item.next === BOOLEAN ? item.boolean() : false,
      value: item.octets(),
    })),
  );
  if (extensions.length === 0 || new Set(extensions.map(({ oid }) => oid)).size !== extensions.length) {
    throw new FormError("an empty list of extensions, or a repeated one");
  }
  return extensions;
}

export function readForeignValues(extensions: readonly Extension[]): ForeignValues {
  const read = extensions.map(({ oid, value }) => (Object.hasOwn(READERS, oid) ? READERS[oid]!(value) : {}));
  const unknown = extensions.filter(({ oid, isCritical }) => isCritical && !isKnown(oid));
  return Object.assign({}, ABSENT, ...read, { unknownCritical: unknown.map(({ oid }) => oid) });
}

/** Returns the key identifier of an AuthorityKeyIdentifier, null if it has only issuer and serial number. */
export function readForeignKeyId(value: Uint8Array): Uint8Array | null {
  return inside(value, (reader) => {
    const identifier = reader.next === 0x80 ? reader.content(0x80) : null;
    if (reader.next === 0xa1) {
      reader.raw();
      reader.integer(0x82);
    }
    return identifier;
  });
}

const ABSENT: ForeignValues = {
  ski: null,
  aki: null,
  isCa: false,
  pathLength: null,
  keyUsage: null,
  purposes: null,
  crlUrls: [],
  ocspUrls: [],
  unknownCritical: [],
};

/** Readers of the extensions that a path needs; all others are kept as bytes. */
const READERS: Readonly<Record<string, (value: Uint8Array) => Partial<ForeignValues>>> = {
  [OIDS.subjectKeyId]: (value) => ({ ski: whole(value, (reader) => reader.octets()) }),
  [OIDS.authorityKeyId]: (value) => ({ aki: readForeignKeyId(value) }),
  [OIDS.basicConstraints]: readBasicConstraints,
  [OIDS.keyUsage]: readKeyUsage,
  [OIDS.extendedKeyUsage]: (value) => ({ purposes: readPurposes(value) }),
  [OIDS.crlDistributionPoints]: readCrlUrls,
  [OIDS.authorityInfoAccess]: (value) => {
    const pairs = inside(value, (list) =>
      listOf(list, (one) => allOf(one.enter(), (pair) => [pair.oid(), readUrl(pair)] as const)),
    );
    return {
      ocspUrls: pairs.flatMap(([method, url]) => (method === OIDS.ocsp && url !== null ? [url] : [])),
    };
  },
  [OIDS.certificatePolicies]: (value) => {
    inside(value, (list) => listOf(list, (policies) => policies.enter().oid()));
    return {};
  },
  [OIDS.ocspNoCheck]: (value) => {
    whole(value, (reader) => reader.null());
    return {};
  },
};

/** Returns what `read` makes of the inside of an extension's SEQUENCE, which it must consume. */
function inside<T>(value: Uint8Array, read: (reader: Reader) => T): T {
  return allOf(
    whole(value, (reader) => reader.enter()),
    read,
  );
}

function readBasicConstraints(value: Uint8Array): Partial<ForeignValues> {
  return inside(value, (reader) => {
    const isCa = reader.next === BOOLEAN ? reader.boolean() : false;
    const pathLength = reader.more ? reader.integer() : null;
    if (pathLength !== null && (pathLength < 0n || !isCa)) {
      throw new FormError("path length is negative, or is not on a CA's certificate");
    }
    return { isCa, pathLength };
  });
}

/** Reads named bits, with or without trailing zeros; bits declared unused must be zero. */
function readKeyUsage(value: Uint8Array): Partial<ForeignValues> {
  const content = whole(value, (reader) => reader.content(BIT_STRING));
  const [unused, octets] = [content[0] ?? 8, content.subarray(1)];
  const isLong = octets.length === 0 || octets.length > MAX_BITS;
  if (isLong || unused > 7 || (octets.at(-1)! & ((1 << unused) - 1)) !== 0) {
    throw new FormError("key usage is malformed");
  }
  const all = Array.from({ length: 8 * octets.length }, (_, i) => i);
  const keyUsage = new Set(all.filter((i) => (octets[i >> 3]! & (0x80 >> (i % 8))) !== 0));
  if (keyUsage.size === 0) {
    throw new FormError("key usage without a bit");
  }
  return { keyUsage };
}

function readCrlUrls(value: Uint8Array): Partial<ForeignValues> {
  const urls = inside(value, (points) => listOf(points, (list) => allOf(list.enter(), readPoint))).flat();
  return { crlUrls: urls.filter((url) => url.startsWith("http://") || url.startsWith("https://")) };
}

function readPoint(point: Reader): string[] {
  const urls =
    point.next === FULL_NAME
      ? allOf(point.enter(FULL_NAME), (name) =>
          listOf(name.enter(name.next === FULL_NAME ? FULL_NAME : RELATIVE), readUrl),
        )
      : [];
  for (const tag of [0x81, 0xa2]) {
    if (point.next === tag) {
      point.raw();
    }
  }
  return urls.filter((url) => url !== null);
}

/** Returns the URL of the next GeneralName; null if it is another kind of name. */
function readUrl(reader: Reader): string | null {
  if (reader.next !== URI) {
    reader.raw();
    return null;
  }
  const url = reader.content(URI!);
  if (url.some((octet) => octet > 0x7f)) {
    throw new FormError("a URL is not ASCII");
  }
  return utf8Text(url);
}
