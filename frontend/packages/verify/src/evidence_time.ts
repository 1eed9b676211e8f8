/**
 * When something was signed, and how far that time can be trusted: by the time stamps of a bundle of evidence.
 *
 * A stamp is on the signature, or renews an earlier one: then it is on that one's token, made while the authority of that
 * one was still in its life (an archive time stamp).
 */

import { same } from "@mshield/gm";

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

/** Whose authority it is: one that is trusted, the service's own, which is no third party, or a stranger's. */
export type StampBy = "outside" | "own" | "unknown";

/**
 * A time stamp that holds; times in ms. `latest` adds how far its time may be off, `until` is when its authority's life
 * ends. `renews` is the number of the stamp that it is on, null where it is on the signature. `stands`: the authority is
 * in its life now, or a stamp that stands renews this one in time.
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
  readonly stands: boolean;
}

/** The time of a signature (ms): by a time stamp that stands, or by the service's clock alone. */
export interface TrustedTime {
  readonly at: number;
  readonly latest: number;
  readonly by: "outside" | "own" | "service";
  readonly authority: string | null;
}

export interface StampedCase {
  readonly stamps: readonly TimeStamp[];
  /** DER. */
  readonly signature: Uint8Array;
  /** Null where the CMS has no place for them. */
  readonly inCms: readonly Uint8Array[] | null;
  readonly trust: TsaTrust;
  readonly caRoot: Certificate;
  readonly signedAt: number | null;
  readonly now: number;
}

interface Read extends VerifiedStamp {
  readonly renews: number | null;
}

/** The stamps of a CMS that stands alone, as `checkTimeStamps`. */
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

/** The stamps of a signature, each checked; those on it are the ones in its CMS. TimeStampError. */
export function checkTimeStamps(input: StampedCase): CheckedStamp[] {
  const { stamps, signature, trust, caRoot, signedAt, now } = input;
  const isTwice = stamps.some(({ token }, i) =>
    stamps.slice(0, i).some((earlier) => same(earlier.token, token)),
  );
  if (isTwice || stamps.length > MAX_STAMPS) {
    throw new TimeStampError("form", "a time stamp stands twice, or too many do");
  }
  const own = parseTsaCertificate(caRoot.der);
  // What the service's own CA issues is read strictly, whoever else names its root.
  const tolerant = (trust.tolerant ?? []).filter(({ der }) => !same(der, own.der));
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
  const isInCms = (token: Uint8Array): boolean => inCms.some((carried) => same(carried, token));
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
    stands: doesStand(number, read, now),
  }));
}

/** The earliest time by an outside authority, else by the own one, else by the service's clock. */
export function trustedTime(stamps: readonly CheckedStamp[], signedAt: number): TrustedTime {
  for (const by of ["outside", "own"] as const) {
    const [first, ...more] = stamps.filter(
      (stamp) => stamp.renews === null && stamp.by === by && stamp.stands,
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

/** Which of these it is on. */
function placeOf(encoded: Uint8Array, on: readonly Uint8Array[]): number {
  const { info } = parseToken(encoded);
  const place = on.findIndex((data) => same(hashed(info.hash, data), info.digest));
  if (place < 0) {
    throw new TimeStampError("imprint", "the time stamp is on other data");
  }
  return place;
}

function doesStand(number: number, read: readonly Read[], now: number): boolean {
  const { root, authority } = read[number]!;
  return (
    root !== null &&
    (now <= authority.notAfter ||
      read.some(
        (later, place) =>
          later.renews === number && later.info.at <= authority.notAfter && doesStand(place, read, now),
      ))
  );
}

/** An authority of the CA's own organisation is no third party, whoever named its root. */
function byOf({ root, authority }: VerifiedStamp, caRoot: TsaCertificate): StampBy {
  if (root === null) {
    return "unknown";
  }
  const organisation = attribute(caRoot.subject, OIDS.organisation) ?? "";
  const isSame = organisation !== "" && attribute(authority.subject, OIDS.organisation) === organisation;
  return same(root.der, caRoot.der) || isSame ? "own" : "outside";
}
