/** A standalone time stamp: whether it is valid, for the data if given, and whose it is. */

import { FormError } from "@mshield/forms";
import { equalBytes } from "@mshield/gm";

import { P7Error, TimeStampError } from "../errors.ts";
import { octetsOfFile, PART_LABELS } from "../foreign/p7_file.ts";
import { OID, Reader } from "../reader.ts";
import { tokenOf } from "../timestamps/answer.ts";
import { parseToken, type TimeStampToken } from "../timestamps/token.ts";
import { type TsaTrust, type VerifiedStamp, verifyTokenAlone } from "../timestamps/verify.ts";

export type StampVerdict = "valid" | "data_not_given" | "signer_not_established";

/**
 * Reads the token in a file: a token, or an authority's answer with one, in DER, base64 or PEM. Throws:
 * TimeStampError.
 */
export function readStampFile(data: Uint8Array): TimeStampToken {
  try {
    const octets = octetsOfFile(data, PART_LABELS);
    const isToken = new Reader(octets).enter().next === OID;
    return parseToken(isToken ? octets : tokenOf(octets));
  } catch (error) {
    const isUnreadable = error instanceof FormError || error instanceof P7Error;
    throw isUnreadable ? new TimeStampError("form", error.message) : error;
  }
}

/**
 * `digest` is that of the data by the token's hash, null if no data was given; `now` in ms. Throws:
 * TimeStampError.
 */
export function checkStamp(
  token: TimeStampToken,
  digest: Uint8Array | null,
  trust: TsaTrust,
  now: number,
): readonly [stamp: VerifiedStamp, verdict: StampVerdict] {
  const isOn = (): boolean => digest === null || equalBytes(digest, token.info.digest);
  const stamp = verifyTokenAlone(token, isOn, { trust, now });
  if (stamp.root === null) {
    return [stamp, "signer_not_established"];
  }
  return [stamp, digest === null ? "data_not_given" : "valid"];
}
