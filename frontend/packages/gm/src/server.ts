/**
 * The server's part, so that vectors and tests can be run whole; the app does not import it.
 *
 * All items are computed before any is judged, and which one failed is told to no one.
 */

import { number, same } from "./bytes.ts";
import { add, affineX, checkPoint, G, invert, mod, mul, mulG, N, negate } from "./curve.ts";
import { GmError } from "./errors.ts";
import { checkProof, type Proof } from "./proofs.ts";
import { checkScalar } from "./scalars.ts";
import { verifyDigest, type Signature } from "./sm2.ts";
import { commitment, enrolmentContext, type Opening } from "./transcript.ts";

/** What the session keeps of one item between `open` and `finish`. */
export interface SessionItem {
  readonly sid: Uint8Array;
  readonly e: Uint8Array;
  readonly c: Uint8Array;
  readonly k2: bigint;
}

/** The server's check of what the phone sent at enrolment; throws `bad_proof`. */
export function checkOffer(uid: Uint8Array, sid: Uint8Array, P1: Uint8Array, proof: Proof): void {
  checkProof(P1, "enrol-pok", enrolmentContext(uid, sid), proof);
}

/** `P = d2^-1·P1 − G`; null is infinity, which is no key. */
export function jointKey(d2: bigint, P1: Uint8Array): Uint8Array | null {
  return add(mul(invert(d2), P1), negate(G));
}

/** `P1 = d2(P+G)`. */
export function phonePoint(d2: bigint, P: Uint8Array): Uint8Array {
  const total = add(P, G);
  if (total === null) {
    throw new GmError("fault", "P + G is infinity, so P is no joint key");
  }
  return mul(d2, total);
}

/** `d2·tau^-1`, the share of the next epoch. */
export function nextServerShare(d2: bigint, tau: bigint): bigint {
  return mod(checkScalar(d2) * invert(checkScalar(tau)));
}

/** The session's items in order, else `no_session`; each `Q1` opened, else `bad_opening`. */
export function checkOpenings(
  uid: Uint8Array,
  epoch: number,
  session: readonly SessionItem[],
  items: readonly Opening[],
): void {
  const isSession =
    session.length > 0 &&
    session.length === items.length &&
    session.every((bound, i) => same(bound.sid, items[i]!.sid));
  if (!isSession) {
    throw new GmError("no_session", "the items are not those of the session, in its order");
  }
  session.forEach((bound, i) => {
    const { sid, Q1, rho } = items[i]!;
    if (!isPoint(Q1) || !same(commitment({ uid, epoch, sid, e: bound.e, Q1, rho }), bound.c)) {
      throw new GmError("bad_opening", "Q1 is no point, or the commitment does not open");
    }
  });
}

/** Steps 3 to 6, after the openings were checked: a signature per item, in order. */
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
  return Q === null || rG === null || same(rG, negate(Q));
}

function fits(P1: Uint8Array, { item, rG }: Combined): boolean {
  const inRange = item.sPrime > 0n && item.sPrime < N;
  const product = mul(inRange ? item.sPrime : 1n, P1);
  const expected = add(item.Q1, rG!);
  return inRange && expected !== null && same(product, expected);
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
