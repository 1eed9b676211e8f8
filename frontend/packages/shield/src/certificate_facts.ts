/**
 * Further facts of a certificate beside names, number and dates: issuer, uses, key, and where its status is
 * published. They are for display; nothing is verified here.
 */

import { oid, readSingle, type Value, values } from "@mshield/forms";
import { hex } from "@mshield/gm";

import { bodyOf, readName, asCertificateError } from "./certificate.ts";
import { utf8Text } from "./strict_json.ts";

/** Bits of KeyUsage that a shield's certificate may have (RFC 5280, 4.2.1.3), in order. */
export const KEY_USES = ["digitalSignature", "nonRepudiation"] as const;
export type KeyUse = (typeof KEY_USES)[number];

export interface CertificateFacts {
  readonly issuer: { readonly organisation: string; readonly commonName: string };
  /** The point 04‖x‖y in hex. */
  readonly publicKey: string;
  readonly uses: readonly KeyUse[];
  /** True if it may sign documents only (RFC 9336). */
  readonly isForDocuments: boolean;
  /** The enterprise's unified social credit code. */
  readonly creditCode: string | null;
  readonly crl: string | null;
  readonly ocsp: string | null;
  readonly caIssuer: string | null;
}

const [KEY_USAGE, PURPOSES, CRL_POINTS, ACCESS, CREDIT_CODE] = [
  "2.5.29.15",
  "2.5.29.37",
  "2.5.29.31",
  "1.3.6.1.5.5.7.1.1",
  "1.2.156.10260.4.1.4",
].map(nameOf) as [string, string, string, string, string];
const DOCUMENT_SIGNING = nameOf("1.3.6.1.5.5.7.3.36");
const OCSP = nameOf("1.3.6.1.5.5.7.48.1");
const CA_ISSUERS = nameOf("1.3.6.1.5.5.7.48.2");
const URI = 0x86;
const EXTENSIONS = 0xa3;
const EXPLICIT = 0xa0;

/** Reads the facts of a certificate in PEM. Throws: ProtocolError `bad_certificate`. */
export function readFacts(pem: string): CertificateFacts {
  return asCertificateError(() => read(bodyOf(pem)));
}

function read(body: readonly Value[]): CertificateFacts {
  const [issuer, key] = [body[3], body[6]];
  if (issuer === undefined || key === undefined) {
    throw new RangeError("not a certificate of version 3");
  }
  const { organisation, commonName } = readName(issuer.raw);
  const extensions = extensionsOf(body.find(({ tag }) => tag === EXTENSIONS));
  const accesses = partsOf(extensions.get(ACCESS)).map(({ raw }) => partsOf(raw));
  const access = (method: string): string | null =>
    uriOf(accesses.find(([kind]) => kind !== undefined && hex(kind.raw) === method)?.[1]);
  const code = extensions.get(CREDIT_CODE);
  const [, bits] = partsOf(key.raw);
  return {
    issuer: { organisation, commonName },
    publicKey: hex((bits?.content ?? new Uint8Array()).subarray(1)),
    uses: usesOf(extensions.get(KEY_USAGE)),
    isForDocuments: partsOf(extensions.get(PURPOSES)).some(({ raw }) => hex(raw) === DOCUMENT_SIGNING),
    creditCode: code === undefined ? null : utf8Text(values(code)[0]?.content ?? new Uint8Array()),
    crl: firstPoint(extensions.get(CRL_POINTS)),
    ocsp: access(OCSP),
    caIssuer: access(CA_ISSUERS),
  };
}

/** Returns the extensions' values by their object identifiers in hex. */
function extensionsOf(outer: Value | undefined): Map<string, Uint8Array> {
  const list = outer === undefined ? [] : partsOf(outer.content);
  return new Map(
    list.map(({ raw }) => {
      const parts = partsOf(raw);
      return [hex(parts[0]?.raw ?? new Uint8Array()), parts.at(-1)?.content ?? new Uint8Array()];
    }),
  );
}

/** Reads a BIT STRING: the number of unused bits, then the bits from the highest down. */
function usesOf(value: Uint8Array | undefined): KeyUse[] {
  const bits = value === undefined ? 0 : (values(value)[0]?.content[1] ?? 0);
  return KEY_USES.filter((_, place) => bits & (0x80 >> place));
}

/** Returns the first point's full name: each DistributionPoint is [0] of [0] of names. */
function firstPoint(value: Uint8Array | undefined): string | null {
  const [point] = partsOf(value);
  return uriOf(inside(inside(point && values(point.content)[0])));
}

function inside(outer: Value | undefined): Value | undefined {
  return outer?.tag === EXPLICIT ? values(outer.content)[0] : undefined;
}

function uriOf(name: Value | undefined): string | null {
  return name?.tag === URI ? utf8Text(name.content) : null;
}

function partsOf(sequence: Uint8Array | undefined): Value[] {
  return sequence === undefined ? [] : values(readSingle(sequence).content);
}

function nameOf(dotted: string): string {
  return hex(oid(dotted));
}
