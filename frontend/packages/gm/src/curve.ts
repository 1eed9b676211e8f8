/**
 * The curve sm2p256v1 (GB/T 32918.5) by @noble/curves. A point is 65 bytes `04‖x‖y`; no other form is
 * accepted.
 *
 * Every point from outside is checked where it is read. Secret scalars go through `multiply`, which does the
 * same steps for each scalar; JavaScript's big integers themselves are not constant-time.
 */

import { weierstrass, type WeierstrassPoint } from "@noble/curves/abstract/weierstrass.js";

import { bytes32, number, requireSize } from "./bytes.ts";
import { GmError } from "./errors.ts";

const CURVE = {
  p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  h: 1n,
  a: 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  Gx: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  Gy: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
};
const Point = weierstrass<bigint>(CURVE);
type Point = WeierstrassPoint<bigint>;

/** The order of the base point. */
export const N = CURVE.n;
/** Parameters a, b and the base point's coordinates, for Z (GB/T 32918.2, 5.5). */
export const PARAMETERS = [CURVE.a, CURVE.b, CURVE.Gx, CURVE.Gy].map(bytes32);
/** The base point, 65 bytes. */
export const G = encode(Point.BASE)!;

/** Reduces a number to [0, n-1]. */
export function mod(value: bigint): bigint {
  const rest = value % N;
  return rest < 0n ? rest + N : rest;
}

/** Inverts a secret mod n. It is blinded, since the algorithm's time depends on its input. */
export function invert(value: bigint): bigint {
  const blind = randomScalar();
  return mod(Point.Fn.inv(mod(value * blind)) * blind);
}

/** Draws a random number in [1, n-1], by rejection. */
export function randomScalar(): bigint {
  for (;;) {
    const drawn = number(crypto.getRandomValues(new Uint8Array(32)));
    if (drawn > 0n && drawn < N) {
      return drawn;
    }
  }
}

/** Returns kG for a secret k in [1, n-1]. */
export function mulG(k: bigint): Uint8Array {
  return encode(Point.BASE.multiply(k))!;
}

/** Returns kP for a secret k in [1, n-1]. Throws: `bad_point`. */
export function mul(k: bigint, point: Uint8Array): Uint8Array {
  return encode(decode(point).multiply(k))!;
}

/** Returns the sum; null for the point at infinity. */
export function add(a: Uint8Array, b: Uint8Array): Uint8Array | null {
  return encode(decode(a).add(decode(b)));
}

export function negate(point: Uint8Array): Uint8Array {
  return encode(decode(point).negate())!;
}

/** Returns aG + bP for public scalars, which are reduced mod n; null for the point at infinity. */
export function mulAddPublic(a: bigint, b: bigint, point: Uint8Array): Uint8Array | null {
  const left = Point.BASE.multiplyUnsafe(mod(a));
  return encode(left.add(decode(point).multiplyUnsafe(mod(b))));
}

/** Requires 65 bytes of a point on the curve. Throws: `bad_point`. */
export function checkPoint(point: Uint8Array): void {
  decode(point);
}

/** Returns the affine x of a point as a number. */
export function affineX(point: Uint8Array): bigint {
  return number(point.subarray(1, 33));
}

function decode(point: Uint8Array): Point {
  if (point.length !== 65 || point[0] !== 4) {
    throw new GmError("bad_point", "a point is 65 bytes and begins with 04");
  }
  const [x, y] = [number(point.subarray(1, 33)), number(point.subarray(33))];
  try {
    if (x >= CURVE.p || y >= CURVE.p) {
      throw new RangeError("a coordinate is not below p");
    }
    const affine = Point.fromAffine({ x, y });
    affine.assertValidity();
    return affine;
  } catch {
    throw new GmError("bad_point", "not on the curve");
  }
}

function encode(point: Point): Uint8Array | null {
  if (point.is0()) {
    return null;
  }
  const { x, y } = point.toAffine();
  const bytes = new Uint8Array(65);
  bytes[0] = 4;
  bytes.set(bytes32(x), 1);
  bytes.set(bytes32(y), 33);
  return requireSize("a point", bytes, 65);
}
