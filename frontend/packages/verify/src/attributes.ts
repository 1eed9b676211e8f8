/** Signed attributes of a CMS signature (RFC 5652, 5.3): exactly three, in their one form. */

import { FormError, oid, signedAttributes } from "@mshield/forms";
import { same } from "@mshield/gm";

import { OIDS } from "./oids.ts";
import { allOf, type Reader, whole } from "./reader.ts";

const DIGEST_BYTES = 32;

/** SM3 of the content, and of what the phone showed. */
export interface Attributes {
  readonly messageDigest: Uint8Array;
  readonly display: Uint8Array;
}

/** The attributes that M encodes; FormError for anything but their one form. */
export function parseAttributes(message: Uint8Array): Attributes {
  const values = new Map(whole(message, (reader) => reader.setOf()).map(readAttribute));
  if (!same(values.get(OIDS.contentType) ?? new Uint8Array(), oid(OIDS.cmsData))) {
    throw new FormError("the signed content type is not plain data");
  }
  const digests = {
    messageDigest: digestIn(values.get(OIDS.messageDigest)),
    display: digestIn(values.get(OIDS.displayDigest)),
  };
  if (!same(signedAttributes(digests.messageDigest, digests.display), message)) {
    throw new FormError("a signed attribute too many, or one that stands twice");
  }
  return digests;
}

/** Its type, and its one value as it stands. */
function readAttribute(element: Reader): [oid: string, value: Uint8Array] {
  return allOf(element.enter(), (inside) => [
    inside.oid(),
    allOf(inside.enter(0x31), (values) => values.raw()),
  ]);
}

function digestIn(value: Uint8Array | undefined): Uint8Array {
  const digest = whole(value ?? new Uint8Array(), (reader) => reader.octets());
  if (digest.length !== DIGEST_BYTES) {
    throw new FormError("an SM3 digest has 32 bytes");
  }
  return digest;
}
