/**
 * The server's part of a signature, so that vectors and tests can run the whole protocol; the app does not
 * import it.
 *
 * All items are computed before any is checked, and no error reveals which one failed.
 */

import { number, equalBytes } from "./bytes.ts";
import { add, affineX, checkPoint, G, invert, mod, mul, mulG, N, negate } from "./curve.ts";
import { GmError } from "./errors.ts";
import { checkProof, type Proof } from "./proofs.ts";
import { checkScalar } from "./scalars.ts";
import { verifyDigest, type Signature } from "./sm2.ts";
import { commitment, enrolmentContext, type Opening } from "./transcript.ts";

/** State of one item that the session keeps between `open` and `finish`. */
export interface SessionItem {
  readonly sid: Uint8Array;
  readonly e: Uint8Array;
  readonly c: Uint8Array;
  readonly k2: bigint;
}

/** Checks what the phone sent at enrolment, as the server does. Throws: `bad_proof`. */
export function checkOffer(uid: Uint8Array, sid: Uint8Array, P1: Uint8Array, proof: Proof): void {
  checkProof(P1, "enrol-pok", enrolmentContext(uid, sid), proof);
}

/** Returns `P = d2^-1·P1 − G`; null for infinity, which is not a key. */
export function jointKey(d2: bigint, P1: Uint8Array): Uint8Array | null {
  return add(mul(invert(d2), P1), negate(G));
}

/** Returns `P1 = d2(P+G)`. */
export function phonePoint(d2: bigint, P: Uint8Array): Uint8Array {
  const total = add(P, G);
  if (total === null) {
    throw new GmError("fault", "P + G is infinity, so P is no joint key");
  }
  return mul(d2, total);
}

/** Returns `d2·tau^-1`, the share of the next epoch. */
export function nextServerShare(d2: bigint, tau: bigint): bigint {
  return mod(checkScalar(d2) * invert(checkScalar(tau)));
}

/**
 * Checks that the items are the session's, in order, and opens each commitment. Throws: `no_session`,
 * `bad_opening`.
 */
export function checkOpenings(
  uid: Uint8Array,
  epoch: number,
  session: readonly SessionItem[],
  items: readonly Opening[],
): void {
  const isSession =
    session.length > 0 &&
    session.length === items.length &&
    session.every((bound, i) => equalBytes(bound.sid, items[i]!.sid));
  if (!isSession) {
    throw new GmError("no_session", "the items are not those of the session, in its order");
  }
  session.forEach((bound, i) => {
    const { sid, Q1, rho } = items[i]!;
    if (!isPoint(Q1) || !equalBytes(commitment({ uid, epoch, sid, e: bound.e, Q1, rho }), bound.c)) {
      throw new GmError("bad_opening", "Q1 is no point, or the commitment does not open");
    }
  });
}

/** Does steps 3 to 6, after the openings were checked; returns one signature per item, in order. */
export function serverFinish(
  P: Uint8Array,
  d2: bigint,
  session: readonly SessionItem[],
  items: readonly Opening[],
): Signature[] {
  const P1 = phonePoint(d2, P);
  const halves = session.map((bound, i) => combine(P1, bound, items[i]!));
  if (halves.map(vanishes).includes(true)) {
    throw new GmError("retry", "Q, r or r + k is zero");
  }
  if (halves.map((half) => fits(P1, half)).includes(false)) {
    throw new GmError("wrong_pin", "some s' does not fit the share");
  }
  return halves.map((half) => complete(P, d2, half));
}

interface Combined {
  readonly bound: SessionItem;
  readonly item: Opening;
  readonly r: bigint;
  readonly rG: Uint8Array | null;
  readonly Q: Uint8Array | null;
}

function combine(P1: Uint8Array, bound: SessionItem, item: Opening): Combined {
  const Q = add(item.Q1, mul(bound.k2, P1));
  const r = Q === null ? 0n : mod(number(bound.e) + affineX(Q));
  return { bound, item, r, rG: r === 0n ? null : mulG(r), Q };
}

function vanishes({ Q, rG }: Combined): boolean {
  return Q === null || rG === null || equalBytes(rG, negate(Q));
}

function fits(P1: Uint8Array, { item, rG }: Combined): boolean {
  const inRange = item.sPrime > 0n && item.sPrime < N;
  const product = mul(inRange ? item.sPrime : 1n, P1);
  const expected = add(item.Q1, rG!);
  return inRange && expected !== null && equalBytes(product, expected);
}

function complete(P: Uint8Array, d2: bigint, { bound, item, r }: Combined): Signature {
  const signature = { r, s: mod(d2 * (item.sPrime + bound.k2) - r) };
  try {
    verifyDigest(P, bound.e, signature);
  } catch {
    throw new GmError("fault", "the finished signature does not verify");
  }
  return signature;
}

function isPoint(point: Uint8Array): boolean {
  try {
    checkPoint(point);
    return true;
  } catch {
    return false;
  }
}
