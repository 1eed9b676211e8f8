/**
 * When something was signed, and how far that time can be trusted, by the time stamps of an evidence bundle.
 *
 * A stamp is on the signature, or renews an earlier stamp: then it is on that one's token, made while the
 * earlier authority was still valid (an archive time stamp).
 */

import { equalBytes } from "@mshield/gm";

import type { Certificate } from "./certificate.ts";
import { TimeStampError } from "./errors.ts";
import type { Profile, TimeStamp } from "./evidence.ts";
import { attribute } from "./names.ts";
import { OIDS } from "./oids.ts";
import { hashed } from "./timestamps/algorithms.ts";
import { parseTsaCertificate, type TsaCertificate } from "./timestamps/certificate.ts";
import { parseToken } from "./timestamps/token.ts";
import { type TsaTrust, type VerifiedStamp, verifyToken } from "./timestamps/verify.ts";

const MAX_STAMPS = 64;

/** Kind of authority: a trusted one, the service's own, which is not a third party, or an unknown one. */
export type StampBy = "outside" | "own" | "unknown";

/**
 * A valid time stamp; times in ms. `latest` adds its accuracy, `until` is the end of its authority's
 * validity. `renews` is the index of the stamp that it covers, null if it covers the signature. `valid`: the
 * authority is valid now, or a valid later stamp renewed this one in time.
 */
export interface CheckedStamp {
  readonly at: number;
  readonly latest: number;
  readonly authority: string;
  readonly profile: Profile;
  readonly policy: string;
  readonly by: StampBy;
  readonly until: number;
  readonly renews: number | null;
  readonly valid: boolean;
}

/** The time of a signature (ms): by a valid stamp, or only by the service's clock. */
export interface TrustedTime {
  readonly at: number;
  readonly latest: number;
  readonly by: "outside" | "own" | "service";
  readonly authority: string | null;
}

export interface StampedCase {
  readonly stamps: readonly TimeStamp[];
  /** In DER. */
  readonly signature: Uint8Array;
  /** Null if the CMS has no place for them. */
  readonly inCms: readonly Uint8Array[] | null;
  readonly trust: TsaTrust;
  readonly caRoot: Certificate;
  readonly signedAt: number | null;
  readonly now: number;
}

interface Read extends VerifiedStamp {
  readonly renews: number | null;
}

/** Checks the stamps of a standalone CMS, as `checkTimeStamps`. */
export function checkStampsInCms(
  input: Pick<StampedCase, "signature" | "trust" | "caRoot" | "now"> & {
    readonly inCms: readonly Uint8Array[];
  },
): CheckedStamp[] {
  const stamps = input.inCms.map((token) => {
    const { signer, info } = parseToken(token);
    return { token, profile: signer.profile, at: info.at };
  });
  return checkTimeStamps({ ...input, stamps, signedAt: null });
}

/** Checks the stamps of a signature; those directly on it are the ones in its CMS. Throws: TimeStampError. */
export function checkTimeStamps(input: StampedCase): CheckedStamp[] {
  const { stamps, signature, trust, caRoot, signedAt, now } = input;
  const isTwice = stamps.some(({ token }, i) =>
    stamps.slice(0, i).some((earlier) => equalBytes(earlier.token, token)),
  );
  if (isTwice || stamps.length > MAX_STAMPS) {
    throw new TimeStampError("form", "a repeated time stamp, or too many of them");
  }
  const own = parseTsaCertificate(caRoot.der);
  // Certificates from the service's own CA are read strictly, even if its root is also trusted as a third party's.
  const tolerant = (trust.tolerant ?? []).filter(({ der }) => !equalBytes(der, own.der));
  const known = { ...trust, roots: [own, ...trust.roots], tolerant };
  const read = stamps.map((stamp, number): Read => {
    const on = [signature, ...stamps.slice(0, number).map(({ token }) => token)];
    const place = placeOf(stamp.token, on);
    const verified = verifyToken({ token: stamp.token, data: on[place]!, trust: known, now, signedAt });
    if (verified.info.at !== stamp.at || verified.profile !== stamp.profile) {
      throw new TimeStampError("form", "the bundle says another time or profile than the token");
    }
    return { ...verified, renews: place === 0 ? null : place - 1 };
  });
  const onIt = stamps.filter((_, i) => read[i]!.renews === null).map(({ token }) => token);
  const inCms = input.inCms ?? onIt;
  const isInCms = (token: Uint8Array): boolean => inCms.some((carried) => equalBytes(carried, token));
  if (onIt.length !== inCms.length || !onIt.every(isInCms)) {
    throw new TimeStampError("form", "the CMS has other time stamps");
  }
  return read.map((stamp, number) => ({
    at: stamp.info.at,
    latest: stamp.info.at + Math.ceil(Number(stamp.info.accuracy ?? 0n) / 1000),
    authority: attribute(stamp.authority.subject, OIDS.commonName) ?? "",
    profile: stamp.profile,
    policy: stamp.info.policy,
    by: byOf(stamp, own),
    until: stamp.authority.notAfter,
    renews: stamp.renews,
    valid: isValid(number, read, now),
  }));
}

/** Returns the earliest time by an outside authority, else by the service's own, else by its clock. */
export function trustedTime(stamps: readonly CheckedStamp[], signedAt: number): TrustedTime {
  for (const by of ["outside", "own"] as const) {
    const [first, ...more] = stamps.filter(
      (stamp) => stamp.renews === null && stamp.by === by && stamp.valid,
    );
    if (first !== undefined) {
      const { at, latest, authority } = more.reduce(
        (one, other) => (other.latest < one.latest ? other : one),
        first,
      );
      return { at, latest, by, authority };
    }
  }
  return { at: signedAt, latest: signedAt, by: "service", authority: null };
}

/** Returns the index of the data that it is on. */
function placeOf(encoded: Uint8Array, on: readonly Uint8Array[]): number {
  const { info } = parseToken(encoded);
  const place = on.findIndex((data) => equalBytes(hashed(info.hash, data), info.digest));
  if (place < 0) {
    throw new TimeStampError("imprint", "the time stamp is on other data");
  }
  return place;
}

function isValid(number: number, read: readonly Read[], now: number): boolean {
  const { root, authority } = read[number]!;
  return (
    root !== null &&
    (now <= authority.notAfter ||
      read.some(
        (later, place) =>
          later.renews === number && later.info.at <= authority.notAfter && isValid(place, read, now),
      ))
  );
}

/** Classifies an authority; one of the CA's own organisation isn't a third party, whatever the trust list says. */
function byOf({ root, authority }: VerifiedStamp, caRoot: TsaCertificate): StampBy {
  if (root === null) {
    return "unknown";
  }
  const organisation = attribute(caRoot.subject, OIDS.organisation) ?? "";
  const isSame = organisation !== "" && attribute(authority.subject, OIDS.organisation) === organisation;
  return equalBytes(root.der, caRoot.der) || isSame ? "own" : "outside";
}
