/**
 * The CMS of a bundle with options, rebuilt: it must be identical to the octet (docs/formats.md). CMS made by
 * others is read elsewhere.
 */

import {
  type Format,
  embeddedContent,
  derNull,
  octetString,
  oid,
  type Options,
  sequence,
  SEQUENCE,
  SET,
  setOf,
  tlv,
  type Wrapper,
} from "@mshield/forms";
import { bytes32, concat, type Signature, toDer } from "@mshield/gm";

import type { Certificate } from "./certificate.ts";
import { ALGORITHM, DIGEST_ALGORITHM } from "./frame.ts";
import { OIDS } from "./oids.ts";

const V1 = Uint8Array.of(2, 1, 1);
const ALGORITHMS: Readonly<Record<Wrapper["signature_algorithm"], string>> = {
  "301.1": OIDS.sm2Signing,
  "501": OIDS.sm2WithSm3,
  "301": OIDS.sm2,
};

export interface SignedDataInput {
  readonly format: Format;
  readonly options: Options;
  readonly content: Uint8Array | null;
  readonly digest: Uint8Array;
  readonly signature: Signature;
  readonly leaf: Certificate;
  readonly issuing: Certificate;
  readonly root: Certificate;
  /** M, if that is attributes. */
  readonly attributes: Uint8Array | null;
  /** Tokens on the signature's DER. */
  readonly timeStamps: readonly Uint8Array[];
}

/** Builds the file (DER). */
export function makeSignedData(parts: SignedDataInput): Uint8Array {
  const { wrapper } = parts.options;
  const isRaw = wrapper?.signature_value === "raw";
  const parameters = wrapper?.parameters === "null" ? [derNull()] : [];
  const digestAlgorithm = wrapper === null ? DIGEST_ALGORITHM : sequence(oid(OIDS.sm3), ...parameters);
  const algorithm =
    wrapper === null ? ALGORITHM : sequence(oid(ALGORITHMS[wrapper.signature_algorithm]), ...parameters);
  const { r, s } = parts.signature;
  const inside = embeddedContent(parts.format, parts.content, parts.digest);
  const stamps = isRaw ? [] : parts.timeStamps.map(timeStamp);
  const signer = sequence(
    V1,
    sequence(parts.leaf.issuer.der, integer(parts.leaf.serial)),
    digestAlgorithm,
    ...(parts.attributes === null ? [] : [tagged(0xa0, parts.attributes)]),
    algorithm,
    octetString(isRaw ? concat(bytes32(r), bytes32(s)) : toDer(parts.signature)),
    ...(stamps.length === 0 ? [] : [tagged(0xa1, setOf(...stamps))]),
  );
  const signed = sequence(
    V1,
    setOf(digestAlgorithm),
    sequence(
      oid(wrapper === null ? OIDS.cmsData : OIDS.gbData),
      ...(inside === null ? [] : [tlv(0xa0, octetString(inside))]),
    ),
    ...(wrapper?.certificates === "none" ? [] : [tagged(0xa0, setOf(...carried(parts, wrapper)))]),
    setOf(signer),
  );
  return tlv(SEQUENCE, oid(wrapper === null ? OIDS.cmsSignedData : OIDS.gbSignedData), tlv(0xa0, signed));
}

function carried({ leaf, issuing, root }: SignedDataInput, wrapper: Wrapper | null): Uint8Array[] {
  if (wrapper === null) {
    return [leaf.der, issuing.der, root.der];
  }
  return wrapper.certificates === "signer" ? [leaf.der] : [leaf.der, issuing.der];
}

function timeStamp(token: Uint8Array): Uint8Array {
  return sequence(oid(OIDS.timeStampToken), tlv(SET, token));
}

/** Returns the same value under another tag. */
function tagged(tag: number, value: Uint8Array): Uint8Array {
  const other = value.slice();
  other[0] = tag;
  return other;
}

/** Encodes a positive INTEGER. */
function integer(value: bigint): Uint8Array {
  const digits = value.toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  const octets = Uint8Array.from(even.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return octets[0]! >= 0x80 ? tlv(2, Uint8Array.of(0), octets) : tlv(2, octets);
}
