/**
 * The phone's part of the protocol: enrolment, commit to a nonce, check the server's, finish its half, check the answer.
 *
 * A `k1` makes one `s'` ever. Nothing here tells a right PIN from a wrong one: only the server's answer does.
 */

import { number, same } from "./bytes.ts";
import { add, affineX, invert, mod, mul, mulG, randomScalar } from "./curve.ts";
import { GmError } from "./errors.ts";
import { checkProof, prove, type Proof } from "./proofs.ts";
import { checkScalar } from "./scalars.ts";
import { noncePoint, type Signature } from "./sm2.ts";
import { commitment, enrolmentContext, nonceContext, type Opening } from "./transcript.ts";

/** Sent at enrolment: `P1` and its proof. `d1` stays. */
export interface Offer {
  readonly d1: bigint;
  readonly P1: Uint8Array;
  readonly proof: Proof;
}

/** One item's fresh nonce with its opening; only `sid` and `c` are sent at `open`. */
export interface PhoneNonce {
  readonly sid: Uint8Array;
  readonly e: Uint8Array;
  readonly k1: bigint;
  readonly Q1: Uint8Array;
  readonly rho: Uint8Array;
  readonly c: Uint8Array;
}

/** The phone's half of a signature; `r` and `Q` are kept to check the answer, the rest is sent. */
export interface Half extends Opening {
  readonly r: bigint;
  readonly Q: Uint8Array;
}

/** A new share `d1`, with `P1 = d1^-1·G` and the proof of knowing `d1^-1`. */
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

/** Checks the server's `nonce-pok` for this item; throws `bad_proof`: stop and tell the user. */
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

/** `Q = Q1 + d1^-1·Q2`, `r = e + x(Q)`, `s' = d1(k1 + r)`; throws `retry`, or `bad_proof` for a bad Q2. */
export function finish(d1: bigint, nonce: PhoneNonce, Q2: Uint8Array): Half {
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
 * Checks that the answer completes this half: its `r`, valid under `P`, its `Q`; throws `bad_answer`.
 *
 * That `sG + (r+s)P` is the phone's own `Q` proves more than a valid signature: that `P` is the joint key.
 */
export function checkAnswer(
  P: Uint8Array,
  e: Uint8Array,
  half: Pick<Half, "r" | "Q">,
  signature: Signature,
): void {
  const point = answered(P, e, signature);
  if (signature.r !== half.r || !same(point, half.Q)) {
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

/** `d1·tau`, the share of the next epoch; throws `malformed`. */
export function nextShare(d1: bigint, tau: bigint): bigint {
  return mod(checkScalar(d1) * checkScalar(tau));
}
