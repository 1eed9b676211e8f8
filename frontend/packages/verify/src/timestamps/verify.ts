/** Whether a time stamp token is to be believed: what it is on, who made it, and when. */

import { same } from "@mshield/gm";
import { sha1 } from "@noble/hashes/legacy.js";

import { TimeStampError } from "../errors.ts";
import type { Profile } from "../evidence.ts";
import { SKEW } from "../status.ts";
import { hashed, isSignatureOf, requireSigned } from "./algorithms.ts";
import { requireAuthority, rootOf, type TsaCertificate } from "./certificate.ts";
import { expectedDigest, parseToken, type StampInfo, type TimeStampToken } from "./token.ts";

/** Microseconds by which a time may be off. */
const MAX_ACCURACY = 60_000_000n;

/**
 * Whose time stamps are believed: their roots, and the SHA-256 (hex) of authorities that don't say what they are for.
 * Under one of `roots` all is read strictly, under one of `tolerant` as other people's CAs write it.
 */
export interface TsaTrust {
  readonly roots: readonly TsaCertificate[];
  readonly waived?: readonly string[];
  readonly tolerant?: readonly TsaCertificate[];
}

/** A token that holds. `root` is null where its authority leads to no root that is trusted. */
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
 * The token is a time stamp on `data`, not of the future, and not from before `signedAt` (ms). An authority that nobody
 * trusts is no error; TimeStampError for all else.
 */
export function verifyToken({ token, data, trust, now, signedAt }: StampCase): VerifiedStamp {
  const parsed = parseToken(token);
  const { info } = parsed;
  return verified(parsed, () => same(hashed(info.hash, data), info.digest), { trust, now, signedAt });
}

/**
 * As `verifyToken`, of a token that stands alone: `isOn` says whether it is on the data that are given. Without any it
 * says when its digest was there, and of what that is nobody says.
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
  if (!same(parsed.messageDigest, expectedDigest(parsed))) {
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

/** The signed attributes name the authority's certificate. SHA-1 is a pointer here, not a signature. */
function requireNamed({ named: [name, digest], signer }: TimeStampToken): void {
  const own = name === null ? sha1(signer.der) : hashed(name, signer.der);
  if (!same(digest, own)) {
    throw new TimeStampError("signer_certificate", "the attributes name another certificate");
  }
}
