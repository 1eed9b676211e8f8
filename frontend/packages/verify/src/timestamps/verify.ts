/** Verification of a time stamp token: what it is on, who made it, and when. */

import { equalBytes } from "@mshield/gm";
import { sha1 } from "@noble/hashes/legacy.js";

import { TimeStampError } from "../errors.ts";
import type { Profile } from "../evidence.ts";
import { SKEW } from "../status.ts";
import { hashed, isSignatureOf, requireSigned } from "./algorithms.ts";
import { requireAuthority, rootOf, type TsaCertificate } from "./certificate.ts";
import { expectedDigest, parseToken, type StampInfo, type TimeStampToken } from "./token.ts";

/** Maximum accuracy of a time, in microseconds. */
const MAX_ACCURACY = 60_000_000n;

/**
 * Trusted time stamping authorities: their roots, and the SHA-256 (hex) of authorities that don't declare the
 * purpose. Under `roots` all is read strictly, under `tolerant` as other CAs write it.
 */
export interface TsaTrust {
  readonly roots: readonly TsaCertificate[];
  readonly waived?: readonly string[];
  readonly tolerant?: readonly TsaCertificate[];
}

/** A valid token. `root` is null if its authority leads to no trusted root. */
export interface VerifiedStamp {
  readonly info: StampInfo;
  readonly authority: TsaCertificate;
  readonly root: TsaCertificate | null;
  readonly profile: Profile;
}

export interface StampCase {
  readonly token: Uint8Array;
  readonly data: Uint8Array;
  readonly trust: TsaTrust;
  readonly now: number;
  readonly signedAt: number | null;
}

/**
 * Verifies that the token is a time stamp on `data`, not from the future, and not from before `signedAt`
 * (ms). An untrusted authority is not an error. Throws: TimeStampError.
 */
export function verifyToken({ token, data, trust, now, signedAt }: StampCase): VerifiedStamp {
  const parsed = parseToken(token);
  const { info } = parsed;
  return verified(parsed, () => equalBytes(hashed(info.hash, data), info.digest), { trust, now, signedAt });
}

/**
 * Like `verifyToken`, for a standalone token: `isOn` reports whether it is on the given data. Without data it
 * only shows when its digest existed, not of what.
 */
export function verifyTokenAlone(
  parsed: TimeStampToken,
  isOn: () => boolean,
  { trust, now }: Pick<StampCase, "trust" | "now">,
): VerifiedStamp {
  return verified(parsed, isOn, { trust, now, signedAt: null });
}

function verified(
  parsed: TimeStampToken,
  isOn: () => boolean,
  { trust, now, signedAt }: Pick<StampCase, "trust" | "now" | "signedAt">,
): VerifiedStamp {
  const { info, signer } = parsed;
  requireAuthority(signer, info.at, trust.waived);
  requireNamed(parsed);
  if (!equalBytes(parsed.messageDigest, expectedDigest(parsed))) {
    throw new TimeStampError("digest", "the signed digest is another content's");
  }
  if (!isSignatureOf(signer.profile, parsed.signatureAlgorithm)) {
    throw new TimeStampError("signature", "the signature is not of the key's algorithm");
  }
  requireSigned(signer.profile, signer.publicKey, parsed.signed, parsed.signature);
  if (!isOn()) {
    throw new TimeStampError("imprint", "the time stamp is on other data");
  }
  if (info.accuracy !== null && info.accuracy > MAX_ACCURACY) {
    throw new TimeStampError("accuracy", "the time is not accurate to a minute");
  }
  if (info.at > now + SKEW || (signedAt !== null && info.at < signedAt - SKEW)) {
    throw new TimeStampError("time", "from the future, or from before the signature");
  }
  return { info, authority: signer, root: trustedRoot(parsed, trust), profile: signer.profile };
}

function trustedRoot(
  { info, signer, certificates }: TimeStampToken,
  { roots, tolerant = [] }: TsaTrust,
): TsaCertificate | null {
  const strict = certificates.filter(({ isStrict }) => isStrict);
  return (
    (signer.isStrict ? rootOf(signer, strict, roots, info.at) : null) ??
    rootOf(signer, certificates, tolerant, info.at)
  );
}

/**
 * Checks that the signed attributes name the authority's certificate. SHA-1 is only an identifier here, not a
 * signature.
 */
function requireNamed({ named: [name, digest], signer }: TimeStampToken): void {
  const own = name === null ? sha1(signer.der) : hashed(name, signer.der);
  if (!equalBytes(digest, own)) {
    throw new TimeStampError("signer_certificate", "the attributes name another certificate");
  }
}
