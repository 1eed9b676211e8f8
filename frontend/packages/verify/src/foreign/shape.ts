/**
 * Guesses what DER is from its first tags, for files whose names don't show it. Its reader checks whether it
 * is valid.
 */

import { FormError } from "@mshield/forms";

import { OIDS } from "../oids.ts";
import { BIT_STRING, ENUMERATED, INTEGER, OID, Reader, whole } from "../reader.ts";

export type Shape = "p7" | "time_stamp" | "certificate" | "crl" | "ocsp";

const [UTF8, SEQUENCE, SET, VERSION] = [0x0c, 0x30, 0x31, 0xa0];
const TIMES: ReadonlySet<number> = new Set([0x17, 0x18]);
const MOST = 3;

/**
 * Returns the likely kind; null if none, or if truncated or followed by something. A SignedData is `p7`
 * unless it holds a time stamp's content; one in BER isn't recognised here.
 */
export function shapeOf(der: Uint8Array): Shape | null {
  try {
    return shape(whole(der, (reader) => reader.enter()));
  } catch (error) {
    if (error instanceof FormError) {
      return null;
    }
    throw error;
  }
}

function shape(inside: Reader): Shape | null {
  if (inside.next === OID) {
    return signed(inside);
  }
  if (inside.next === ENUMERATED) {
    return "ocsp";
  }
  if (inside.next !== SEQUENCE) {
    return null;
  }
  const body = inside.enter();
  if (body.next === VERSION) {
    return "certificate";
  }
  const hasNumber = body.next === INTEGER;
  if (hasNumber) {
    body.integer();
  }
  const members: Uint8Array[] = [];
  while (members.length < MOST && body.more) {
    members.push(body.raw());
  }
  if (hasNumber && isStatus(members)) {
    return "time_stamp";
  }
  const [algorithm, issuer, times] = members.map((one) => one[0]);
  if (algorithm !== SEQUENCE || issuer !== SEQUENCE) {
    return null;
  }
  // A list's time, or the SEQUENCE of times of a certificate of version 1.
  return times !== undefined && TIMES.has(times) ? "crl" : "certificate";
}

/** Reports whether this may follow a PKIStatusInfo's number: nothing, texts, or failure bits. */
function isStatus([first]: readonly Uint8Array[]): boolean {
  if (first === undefined || first[0] === BIT_STRING) {
    return true;
  }
  return first[0] === SEQUENCE && new Reader(first).enter().next === UTF8;
}

function signed(inside: Reader): Shape | null {
  const type = inside.oid();
  const wrapped = type === OIDS.cmsSignedData || type === OIDS.gbSignedData ? inside.explicit(0) : null;
  if (wrapped === null) {
    return null;
  }
  const members = wrapped.enter();
  members.integer();
  members.raw(SET);
  return members.enter().oid() === OIDS.tstInfo ? "time_stamp" : "p7";
}
