/**
 * Offline verification of a signature: chain, revocation, signature, in the order of `mshield verify`.
 * Nothing is assumed: the caller supplies roots, time and status.
 */

import { fromDer, type Signature, toDer, verifyDigest, zValue } from "@mshield/gm";

import type { Certificate } from "./certificate.ts";
import type { Facts, Tally } from "./checks.ts";
import { parseCms, type SignedData, signedMessage } from "./cms.ts";
import type { Content } from "./content.ts";
import type { Crl } from "./crl.ts";
import { inStep } from "./errors.ts";
import { parseOcsp } from "./ocsp.ts";
import { type VerifiedPath, verifyPath } from "./path.ts";
import { type CheckedStamp, checkStampsInCms, trustedTime, type TrustedTime } from "./evidence_time.ts";
import { checkCrl, checkOcsp, isListOf, coversCertificate } from "./status.ts";
import type { TsaTrust } from "./timestamps/verify.ts";

/** Inputs of a verification. `at` is the moment of the check, in ms. */
export interface Trust {
  readonly roots: readonly Certificate[];
  readonly at: number;
}

/** Revocation data; `ocsp` (DER) is about the signer's certificate. */
export interface RevocationData {
  readonly crls: readonly Crl[];
  readonly ocsp: Uint8Array | null;
}

export interface VerifiedSignature {
  readonly path: VerifiedPath;
  readonly signature: Signature;
  /** The digest e, 32 bytes. */
  readonly digest: Uint8Array;
}

export interface SignatureCase extends Trust {
  readonly message: Content;
  /** In DER. */
  readonly signature: Uint8Array;
  readonly certificate: Certificate;
  readonly chain: readonly Certificate[];
  /** Null if the caller checks the status. */
  readonly status: RevocationData | null;
}

/**
 * Verifies a signature over a message. A missing status is recorded as missing in the tally, and isn't an
 * error. Throws: VerificationError.
 */
export async function verifySignature(input: SignatureCase, tally: Tally): Promise<VerifiedSignature> {
  const { certificate, message } = input;
  const signature = await inStep("signature", () => fromDer(input.signature));
  const path = await inStep("chain", () => verifyPath(certificate, input.chain, input.roots, input.at));
  tally.passed("chain", { levels: path.intermediates.length + 2 });
  if (input.status !== null) {
    const { status } = input;
    await inStep("revocation", () => clear(path, status, input.at, tally));
  }
  const digest = await message.hash(zValue(certificate.publicKey));
  await inStep("signature", () => verifyDigest(certificate.publicKey, digest, signature));
  tally.passed("signature");
  return { path, signature, digest };
}

/** `now` is the moment of the verification: no time stamp may be later. */
export interface CmsCase extends Trust {
  readonly tsa: TsaTrust;
  readonly now: number;
  readonly cms: Uint8Array;
  readonly content: Content | null;
  readonly chain: readonly Certificate[];
  readonly status: RevocationData;
}

export interface VerifiedCms extends VerifiedSignature {
  readonly timeStamps: readonly CheckedStamp[];
}

/** Verifies a CMS SignedData as `verifySignature` does; certificates inside serve as its chain. */
export async function verifyCms(input: CmsCase, tally: Tally): Promise<VerifiedCms> {
  const signed = await inStep("input", () => parseCms(input.cms));
  tally.passed("input");
  const over = await inStep("signature", () =>
    signedMessage(signed, { content: input.content, digest: null }),
  );
  tally.passed("content", contentFacts(signed, input.content));
  const signature = toDer(signed.signature);
  const verified = await verifySignature(
    {
      ...input,
      message: over,
      signature,
      certificate: signed.signer,
      chain: [...signed.certificates, ...input.chain],
    },
    tally,
  );
  const timeStamps = await inStep("time_stamp", () =>
    checkStampsInCms({
      signature,
      inCms: signed.timeStamps,
      trust: input.tsa,
      caRoot: verified.path.root,
      now: input.now,
    }),
  );
  if (timeStamps.length > 0) {
    noteTime(tally, timeStamps, trustedTime(timeStamps, input.at));
  }
  return { ...verified, timeStamps };
}

/** Records whose time a signature has. */
export function noteTime(tally: Tally, stamps: readonly CheckedStamp[], time: TrustedTime): void {
  if (time.by !== "service") {
    const { at, authority } = time;
    tally.passed("time_stamp", { by: time.by, at, authority });
  } else if (stamps.length === 0) {
    tally.aside("time_stamp", "no_time_stamp");
  } else {
    tally.aside("time_stamp", stamps.some(({ by }) => by !== "unknown") ? "tsa_ended" : "unknown_tsa");
  }
}

function contentFacts(signed: SignedData, content: Content | null): Facts {
  return { by: content === null ? "inside" : "file", size: content?.size ?? signed.content?.length ?? 0 };
}

/** Clears the signer's certificate by the answer and its issuer's lists, and the CAs above it by theirs. */
function clear(path: VerifiedPath, { ocsp, crls }: RevocationData, at: number, tally: Tally): void {
  const issuer = path.intermediates[0] ?? path.root;
  const answer = ocsp === null ? null : checkOcsp(path.leaf, issuer, parseOcsp(ocsp), at);
  const isListed = clearByLists(path.leaf, issuer, crls, at);
  if (answer !== null || isListed) {
    tally.passed("revocation", { by: answer === null ? "crl" : "ocsp", at: answer?.thisUpdate ?? at });
  } else {
    tally.missing("revocation", crls.length > 0 ? "status_unknown" : "status_missing");
  }
  const above = [...path.intermediates.slice(1), path.root];
  const cleared = path.intermediates.map((certificate, i) => clearByLists(certificate, above[i]!, crls, at));
  if (cleared.every(Boolean)) {
    tally.passed("issuers");
  } else {
    tally.aside("issuers", "status_missing");
  }
}

/**
 * Reports whether a list of this issuer clears the certificate; lists of others, or of another shard, are
 * ignored.
 */
function clearByLists(
  certificate: Certificate,
  issuer: Certificate,
  crls: readonly Crl[],
  at: number,
): boolean {
  const own = crls.filter((crl) => isListOf(crl, issuer) && coversCertificate(crl, certificate));
  for (const crl of own) {
    checkCrl(certificate, issuer, crl, at);
  }
  return own.length > 0;
}
