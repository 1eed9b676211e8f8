/**
 * Signed attributes of a CMS signature (RFC 5652, 5.3), in their only form: three, in GB/T 35275 optionally
 * also the time.
 */

import { type BoundData, DISPLAY_OID, FormError, oid, signedAttributes } from "@mshield/forms";
import { equalBytes } from "@mshield/gm";

import { OIDS } from "./oids.ts";
import { allOf, type Reader, whole } from "./reader.ts";

const DIGEST_BYTES = 32;

/** SM3 digests of the content and of the display. */
export interface Attributes extends BoundData {
  readonly messageDigest: Uint8Array;
  readonly display: Uint8Array;
}

/** Parses the attributes that M encodes; the display is under one of these identifiers. Throws: FormError. */
export function parseAttributes(
  message: Uint8Array,
  displayOids: readonly string[] = [DISPLAY_OID],
): Attributes {
  const values = new Map(whole(message, (reader) => reader.setOf()).map(readAttribute));
  const type = values.get(OIDS.contentType) ?? new Uint8Array();
  const isGb = equalBytes(type, oid(OIDS.gbData));
  if (!isGb && !equalBytes(type, oid(OIDS.cmsData))) {
    throw new FormError("the signed content type is not plain data");
  }
  const [displayOid, ...more] = displayOids.filter((candidate) => values.has(candidate));
  if (displayOid === undefined || more.length > 0) {
    throw new FormError("there must be exactly one display");
  }
  const time = values.get(OIDS.signingTime);
  const attributes = {
    isGb,
    displayOid,
    messageDigest: digestIn(values.get(OIDS.messageDigest)),
    display: digestIn(values.get(displayOid)),
    signingTime: time === undefined ? null : whole(time, (reader) => reader.time()),
  };
  if (attributes.signingTime !== null && !isGb) {
    throw new FormError("a time among the signed attributes of RFC 5652");
  }
  if (!equalBytes(signedAttributes(attributes.messageDigest, attributes.display, attributes), message)) {
    throw new FormError("a signed attribute too many, or a repeated one");
  }
  return attributes;
}

/** Returns its type, and its only value in DER. */
export function readAttribute(element: Reader): [oid: string, value: Uint8Array] {
  return allOf(element.enter(), (inside) => [
    inside.oid(),
    allOf(inside.enter(0x31), (values) => values.raw()),
  ]);
}

export function digestIn(value: Uint8Array | undefined): Uint8Array {
  const digest = whole(value ?? new Uint8Array(), (reader) => reader.octets());
  if (digest.length !== DIGEST_BYTES) {
    throw new FormError("an SM3 digest has 32 bytes");
  }
  return digest;
}
