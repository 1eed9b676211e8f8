/** Numbers mod n that come from outside, or that a step relies on. */

import { bytes32, number, sized } from "./bytes.ts";
import { N } from "./curve.ts";
import { GmError } from "./errors.ts";

/** The scalar if it is in [1, n-1]; else `malformed`. */
export function checkScalar(value: bigint): bigint {
  if (value <= 0n || value >= N) {
    throw new GmError("malformed", "a scalar is in [1, n-1]");
  }
  return value;
}

/** 32 bytes as a scalar in [1, n-1]; else `malformed`. */
export function parseScalar(bytes: Uint8Array): bigint {
  return checkScalar(number(sized("a scalar", bytes, 32)));
}

/** A scalar in [1, n-1] as 32 bytes; else `malformed`. */
export function scalarBytes(value: bigint): Uint8Array {
  return bytes32(checkScalar(value));
}
