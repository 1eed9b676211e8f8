/** Checks of numbers mod n that come from outside or that a step relies on. */

import { bytes32, number, requireSize } from "./bytes.ts";
import { N } from "./curve.ts";
import { GmError } from "./errors.ts";

/** Returns the scalar if it is in [1, n-1]. Throws: `malformed`. */
export function checkScalar(value: bigint): bigint {
  if (value <= 0n || value >= N) {
    throw new GmError("malformed", "a scalar is in [1, n-1]");
  }
  return value;
}

/** Reads 32 bytes as a scalar in [1, n-1]. Throws: `malformed`. */
export function parseScalar(bytes: Uint8Array): bigint {
  return checkScalar(number(requireSize("a scalar", bytes, 32)));
}

/** Encodes a scalar in [1, n-1] as 32 bytes. Throws: `malformed`. */
export function scalarBytes(value: bigint): Uint8Array {
  return bytes32(checkScalar(value));
}
