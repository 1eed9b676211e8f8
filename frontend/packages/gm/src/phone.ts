/**
 * The phone's part of a signature: enrol, commit to a nonce, check the server's, compute its half, check the
 * reply.
 *
 * Each `k1` is used for one `s'` only. Nothing here tells a right PIN from a wrong one: only the server's
 * reply does.
 */

import { number, equalBytes } from "./bytes.ts";
import { add, affineX, invert, mod, mul, mulG, randomScalar } from "./curve.ts";
import { GmError } from "./errors.ts";
import { checkProof, prove, type Proof } from "./proofs.ts";
import { checkScalar } from "./scalars.ts";
import { noncePoint, type Signature } from "./sm2.ts";
import { commitment, enrolmentContext, nonceContext, type Opening } from "./transcript.ts";

/** Data sent at enrolment: `P1` and its proof. `d1` stays on the phone. */
export interface Offer {
  readonly d1: bigint;
  readonly P1: Uint8Array;
  readonly proof: Proof;
}

/** Fresh nonce of one item, with its opening; only `sid` and `c` are sent at `open`. */
export interface PhoneNonce {
  readonly sid: Uint8Array;
  readonly e: Uint8Array;
  readonly k1: bigint;
  readonly Q1: Uint8Array;
  readonly rho: Uint8Array;
  readonly c: Uint8Array;
}

/** The phone's half of a signature. `r` and `Q` stay on the phone to check the reply; the rest is sent. */
export interface HalfSignature extends Opening {
  readonly r: bigint;
  readonly Q: Uint8Array;
}

/** Creates a share `d1`, with `P1 = d1^-1·G` and the proof of knowing `d1^-1`. */
export function offerKey(uid: Uint8Array, sid: Uint8Array): Offer {
  const d1 = randomScalar();
  const inverse = invert(d1);
  const P1 = mulG(inverse);
  return { d1, P1, proof: prove(inverse, P1, "enrol-pok", enrolmentContext(uid, sid)) };
}

/** Chooses `k1` and `rho` and commits to `Q1 = k1·G`; `e` is 32 bytes. */
export function commit(uid: Uint8Array, epoch: number, sid: Uint8Array, e: Uint8Array): PhoneNonce {
  const k1 = randomScalar();
  const Q1 = mulG(k1);
  const rho = crypto.getRandomValues(new Uint8Array(32));
  return { sid, e, k1, Q1, rho, c: commitment({ uid, epoch, sid, e, Q1, rho }) };
}

/** Checks the server's `nonce-pok` for this item. Throws: `bad_proof` (stop and warn the user). */
export function checkNonce(
  uid: Uint8Array,
  epoch: number,
  nonce: PhoneNonce,
  Q2: Uint8Array,
  proof: Proof,
): void {
  const { sid, e, c } = nonce;
  checkProof(Q2, "nonce-pok", nonceContext({ uid, epoch, sid, e, c }), proof);
}

/**
 * Computes the phone's half: `Q = Q1 + d1^-1·Q2`, `r = e + x(Q)`, `s' = d1(k1 + r)`. Throws: `retry`, or
 * `bad_proof` for a bad `Q2`.
 */
export function finish(d1: bigint, nonce: PhoneNonce, Q2: Uint8Array): HalfSignature {
  const Q = add(nonce.Q1, shared(d1, Q2));
  if (Q === null) {
    throw new GmError("retry", "Q is infinity");
  }
  const r = mod(number(nonce.e) + affineX(Q));
  const sPrime = mod(d1 * (nonce.k1 + r));
  if (r === 0n || sPrime === 0n) {
    throw new GmError("retry", "r or s' is zero");
  }
  return { sid: nonce.sid, Q1: nonce.Q1, rho: nonce.rho, sPrime, r, Q };
}

function shared(d1: bigint, Q2: Uint8Array): Uint8Array {
  try {
    return mul(invert(checkScalar(d1)), Q2);
  } catch (error) {
    if (error instanceof GmError && error.code === "bad_point") {
      throw new GmError("bad_proof", "Q2 is no point");
    }
    throw error;
  }
}

/**
 * Checks that the reply completes this half: same `r`, valid under `P`, same `Q`. Throws: `bad_answer`.
 *
 * Comparing `sG + (r+s)P` with the phone's own `Q` proves more than a valid signature does: that `P` is the
 * joint key.
 */
export function checkAnswer(
  P: Uint8Array,
  e: Uint8Array,
  half: Pick<HalfSignature, "r" | "Q">,
  signature: Signature,
): void {
  const point = answered(P, e, signature);
  if (signature.r !== half.r || !equalBytes(point, half.Q)) {
    throw new GmError("bad_answer", "the signature is not the one that this phone took part in");
  }
}

function answered(P: Uint8Array, e: Uint8Array, signature: Signature): Uint8Array {
  try {
    return noncePoint(P, e, signature);
  } catch (error) {
    if (error instanceof GmError) {
      throw new GmError("bad_answer", "the signature does not verify");
    }
    throw error;
  }
}

/** Returns `d1·tau`, the share of the next epoch. Throws: `malformed`. */
export function nextShare(d1: bigint, tau: bigint): bigint {
  return mod(checkScalar(d1) * checkScalar(tau));
}
