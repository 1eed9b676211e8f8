/** Checks a time stamp, certificate, list or OCSP answer on its own, and reports what it contains. */

import { FormError } from "@mshield/forms";
import { GmError, hex } from "@mshield/gm";

import { type Case, type PartKind, partsOf } from "../assemble.ts";
import { fingerprint } from "../certificate.ts";
import type { Tally } from "../checks.ts";
import { NO_BYTES } from "../content.ts";
import { P7Error, PartError, type Step, TimeStampError, VerificationError } from "../errors.ts";
import { type ForeignCertificate, parseForeignCertificate } from "../foreign/certificate.ts";
import { parseForeignCrl } from "../foreign/crl.ts";
import { parseForeignOcsp } from "../foreign/ocsp.ts";
import { type P7Input, readable } from "../check_p7.ts";
import type { TsaTrust } from "../timestamps/verify.ts";
import { verifyCertificate, verifyCrl, verifyOcsp, type Part, type PartInput } from "./part.ts";
import { type Fact, certificateFactsFromDer, crlFacts, ocspFacts, stampFacts, displayName } from "./facts.ts";
import { checkStamp, readStampFile } from "./stamp.ts";

export interface StandaloneInput extends P7Input {
  readonly tsa: TsaTrust;
  /** The service's answer about a certificate of its own (DER). */
  readonly answered: Uint8Array | null;
}

/** Steps and codes for refusing a time stamp, by reason; all other reasons are `unreadable`. */
const STAMP_STEPS: Readonly<Record<string, readonly [step: Step, code: string]>> = {
  status: ["input", "no_token"],
  weak_hash: ["input", "weak_hash"],
  accuracy: ["input", "inaccurate"],
  imprint: ["content", "other_data"],
  signature: ["signature", "bad_signature"],
  digest: ["signature", "bad_signature"],
  signer_certificate: ["signature", "other_certificate"],
  purpose: ["chain", "no_tsa"],
  certificate: ["chain", "no_certificate"],
  time: ["chain", "stamp_time"],
};

/** Returns SHA-256 (hex) of the trusted root, null if no path leads to one. Throws: VerificationError. */
export async function checkStandalone(
  matter: Case,
  known: StandaloneInput,
  tally: Tally,
): Promise<string | null> {
  const { reading } = matter.piece;
  if (reading.kind === "time_stamp") {
    return await checkStampAlone(matter, reading.bytes, known, tally);
  }
  const part = partsOf(reading);
  return part === null ? null : checkPart(part.kind, part.ders, known, tally);
}

/** Returns its contents; empty if it can't be read. */
export function factsOf({ piece: { reading } }: Case): readonly Fact[] {
  try {
    if (reading.kind === "time_stamp") {
      return stampFacts(readStampFile(reading.bytes));
    }
    const part = partsOf(reading);
    const [der] = part?.ders ?? [];
    return part === null || der === undefined ? [] : SAID[part.kind](der);
  } catch (error) {
    if (error instanceof FormError || error instanceof GmError || error instanceof PartError) {
      return [];
    }
    throw error;
  }
}

const SAID: Readonly<Record<PartKind, (der: Uint8Array) => readonly Fact[]>> = {
  certificate: certificateFactsFromDer,
  crl: crlFacts,
  ocsp: ocspFacts,
};

async function checkStampAlone(
  { document }: Case,
  bytes: Uint8Array,
  { tsa, now, at }: StandaloneInput,
  tally: Tally,
): Promise<string | null> {
  try {
    const token = readStampFile(bytes);
    tally.passed("input", { by: "time_stamp" });
    const isSm3 = token.info.hash === "sm3";
    const content = document?.content;
    const digest = content === undefined ? null : await (isSm3 ? content.hash(NO_BYTES) : content.sha256());
    const [{ root }] = checkStamp(token, digest, tsa, at ?? now);
    if (digest === null) {
      tally.missing("content", "no_data");
    } else {
      tally.passed("content", { by: "stamped", hash: isSm3 ? "SM3" : "SHA-256" });
    }
    tally.passed("signature", { by: "stamp" });
    tally.aside("revocation", "tsa_status");
    if (root === null) {
      tally.missing("chain", "no_tsa_root");
      return null;
    }
    tally.passed("chain", { by: "tsa" });
    return hex(fingerprint(root));
  } catch (error) {
    if (error instanceof TimeStampError) {
      const [step, code] = STAMP_STEPS[error.reason] ?? (["input", "unreadable"] as const);
      throw new VerificationError(code, step, error.message);
    }
    throw error;
  }
}

function checkPart(
  kind: PartKind,
  [der, ...more]: readonly Uint8Array[],
  known: StandaloneInput,
  tally: Tally,
): string | null {
  const others = [...more, ...known.chain.map((certificate) => certificate.der)].flatMap(readable);
  const from: PartInput = {
    others,
    roots: known.foreignRoots ?? [],
    at: known.at ?? known.now,
    crls: known.foreignCrls ?? [],
    ocsp: known.givenOcsp ?? known.answered,
  };
  const check = inputOf(() => CHECKS[kind](der!, from));
  tally.passed("input", { by: kind });
  const part = inChain(kind, check);
  tell(kind, part, from, tally);
  return part.path === null ? null : hex(fingerprint(part.path.at(-1)!));
}

/** Parses first, so that parse errors are reported for the file; the returned function checks. */
const CHECKS: Readonly<Record<PartKind, (der: Uint8Array, known: PartInput) => () => Part>> = {
  certificate: (der, known) => {
    const certificate: ForeignCertificate = parseForeignCertificate(der);
    return () => verifyCertificate(certificate, known);
  },
  crl: (der, known) => {
    const crl = parseForeignCrl(der);
    return () => verifyCrl(crl, known);
  },
  ocsp: (der, known) => {
    const ocsp = parseForeignOcsp(der);
    return () => verifyOcsp(ocsp, known);
  },
};

function tell(kind: PartKind, { verdict, issuer, path, by }: Part, known: PartInput, tally: Tally): void {
  if (issuer === null) {
    tally.missing("signature", "no_issuer");
  } else {
    tally.passed("signature", { by: "issuer", name: displayName(issuer.subject) });
  }
  if (path === null) {
    tally.missing("chain", known.roots.length === 0 ? "no_root" : "unknown_issuer");
    return;
  }
  tally.passed("chain", { by: "part", levels: path.length });
  if (kind !== "certificate") {
    if (verdict === "valid") {
      tally.passed("in_force");
    } else {
      tally.missing("in_force", "out_of_date");
    }
  } else if (path.length === 1) {
    tally.passed("revocation", { by: "root" });
  } else if (by === null) {
    tally.missing("revocation", "foreign_ca");
  } else {
    tally.passed("revocation", { by: by === "ocsp" ? "given_ocsp" : "crl" });
  }
}

function inputOf<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormError || error instanceof GmError || error instanceof P7Error) {
      throw new VerificationError("unreadable", "input", error.message);
    }
    throw error;
  }
}

const STATUS: ReadonlySet<string> = new Set(["revoked", "on_hold", "stale_status", "status_unknown"]);

/**
 * Adjusts the step of an error: only a certificate has a status, and an unauthorised answer is wrongly
 * signed.
 */
function inChain(kind: PartKind, check: () => Part): Part {
  try {
    return check();
  } catch (error) {
    if (error instanceof PartError) {
      const [step, code] = placeOf(kind, error.code);
      throw new VerificationError(code, step, error.message, error.revocation);
    }
    if (error instanceof FormError) {
      throw new VerificationError("unreadable", "revocation", error.message);
    }
    throw error;
  }
}

function placeOf(kind: PartKind, code: string): readonly [step: Step, code: string] {
  if (STATUS.has(code)) {
    return kind === "certificate" ? ["revocation", code] : ["signature", "no_responder"];
  }
  return [code === "bad_signature" ? "signature" : "chain", code];
}
