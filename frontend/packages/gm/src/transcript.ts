/**
 * Hash inputs of `MSHIELD/v1`: length prefixes, tagged hashes, contexts and internal messages.
 *
 * Each part is prefixed with its length, so no two different lists of parts give the same bytes.
 */

import { bytes32, concat, number, equalBytes, requireSize, utf8 } from "./bytes.ts";
import { mod } from "./curve.ts";
import { GmError } from "./errors.ts";
import { scalarBytes } from "./scalars.ts";
import { sm3 } from "./sm3.ts";

export const PROTOCOL = "MSHIELD/v1";
export const PREFIX = `${PROTOCOL}/`;

/** Fields of one item in a `finish` body. */
export interface Opening {
  readonly sid: Uint8Array;
  readonly Q1: Uint8Array;
  readonly rho: Uint8Array;
  readonly sPrime: bigint;
}

/** Returns the bytes after their length in 4 bytes, big-endian. */
export function LV(part: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, part.length);
  return concat(length, part);
}

/** Returns `SM3(LV("MSHIELD/v1/" ‖ tag) ‖ LV(a) ‖ LV(b) ‖ …)`, 32 bytes. */
export function H(tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return sm3(concat(LV(utf8(PREFIX + tag)), ...parts.map(LV)));
}

/** Returns `H(tag‖"/0", …) ‖ H(tag‖"/1", …)` as a 512-bit number, mod n. */
export function Hn(tag: string, ...parts: readonly Uint8Array[]): bigint {
  return mod(number(concat(H(`${tag}/0`, ...parts), H(`${tag}/1`, ...parts))));
}

/** Encodes an epoch as 4 bytes, big-endian. Throws: `malformed` outside [0, 2^32). */
export function epochBytes(epoch: number): Uint8Array {
  if (!Number.isInteger(epoch) || epoch < 0 || epoch >= 2 ** 32) {
    throw new GmError("malformed", "an epoch has 32 bits");
  }
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, epoch);
  return bytes;
}

/** Returns the context `ctx` of `enrol-pok`. */
export function enrolmentContext(uid: Uint8Array, sid: Uint8Array): Uint8Array {
  return concat(LV(requireSize("uid", uid, 16)), LV(requireSize("sid", sid, 16)));
}

/** Returns the context `ctx` of `nonce-pok`. */
export function nonceContext(at: {
  uid: Uint8Array;
  epoch: number;
  sid: Uint8Array;
  e: Uint8Array;
  c: Uint8Array;
}): Uint8Array {
  const parts = [
    requireSize("sid", at.sid, 16),
    requireSize("uid", at.uid, 16),
    epochBytes(at.epoch),
    requireSize("c", at.c, 32),
    requireSize("e", at.e, 32),
  ];
  return concat(...parts.map(LV));
}

/** Returns the commitment `c = H("commit", sid, uid, epoch, e, Q1, rho)`. */
export function commitment(of: {
  uid: Uint8Array;
  epoch: number;
  sid: Uint8Array;
  e: Uint8Array;
  Q1: Uint8Array;
  rho: Uint8Array;
}): Uint8Array {
  return H(
    "commit",
    requireSize("sid", of.sid, 16),
    requireSize("uid", of.uid, 16),
    epochBytes(of.epoch),
    requireSize("e", of.e, 32),
    requireSize("Q1", of.Q1, 65),
    requireSize("rho", of.rho, 32),
  );
}

/** Returns `fb`, the hash that identifies a `finish` body; an absent `tau` is an empty part. */
export function finishHash(uid: Uint8Array, items: readonly Opening[], tau: bigint | null): Uint8Array {
  const parts = items.flatMap((item) => [
    requireSize("sid", item.sid, 16),
    requireSize("Q1", item.Q1, 65),
    requireSize("rho", item.rho, 32),
    bytes32(item.sPrime),
  ]);
  return H(
    "finish",
    requireSize("uid", uid, 16),
    ...parts,
    tau === null ? new Uint8Array() : scalarBytes(tau),
  );
}

/** Returns `M` of an internal task. */
export function internalMessage(
  purpose: "refresh" | "confirm" | "unlock" | "close" | "device",
  uid: Uint8Array,
  sid: Uint8Array,
): Uint8Array {
  return concat(LV(utf8(PREFIX + purpose)), enrolmentContext(uid, sid));
}

/**
 * Purpose of an unlock: `device` is the RFC 7638 thumbprint of the device's key, `challenge` 32 random bytes
 * of the service.
 */
export interface UnlockOf {
  readonly challenge: Uint8Array;
  readonly account: string;
  readonly device: string;
  readonly shieldNumber: string;
  readonly origin: string;
}

/**
 * Returns the sid of an `unlock` task, 16 bytes; it commits to what the unlock is for, and `M` contains it.
 */
export function unlockSid({ challenge, account, device, shieldNumber, origin }: UnlockOf): Uint8Array {
  const parts = [account, device, shieldNumber, origin].map(utf8);
  return H("unlock-sid", requireSize("challenge", challenge, 32), ...parts).slice(0, 16);
}

/** Returns the message `M` by which the key `uid` agrees to be replaced by the key `P`. */
export function renewalMessage(uid: Uint8Array, sid: Uint8Array, P: Uint8Array): Uint8Array {
  return concat(LV(utf8(`${PREFIX}renew`)), enrolmentContext(uid, sid), LV(requireSize("P", P, 65)));
}

/**
 * Reports whether `M` begins as internal messages do (`00 00 00 xx "MSHIELD/v1/"`); business messages may
 * not.
 */
export function isInternalMessage(message: Uint8Array): boolean {
  const prefix = utf8(PREFIX);
  return (
    equalBytes(message.subarray(0, 3), new Uint8Array(3)) &&
    equalBytes(message.subarray(4, 4 + prefix.length), prefix)
  );
}
