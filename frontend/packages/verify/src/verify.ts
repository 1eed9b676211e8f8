/**
 * Validates one signature with all known data, and reports every check: passed, failed, or not done and why.
 */

import { FormError } from "@mshield/forms";
import { hex } from "@mshield/gm";

import { checkStandalone, factsOf } from "./standalone/check_standalone.ts";
import type { Fact } from "./standalone/facts.ts";
import type { Case } from "./assemble.ts";
import {
  type Document,
  documentOf,
  holderOf,
  type CaseFacts,
  readCase,
  requestOf,
  type Signer,
  signerOf,
} from "./case_facts.ts";
import { type Certificate, fingerprint } from "./certificate.ts";
import { type Check, type CheckName, type Facts, Tally, type Verdict, verdictOf } from "./checks.ts";
import type { Crl } from "./crl.ts";
import { VerificationError } from "./errors.ts";
import type { Evidence } from "./evidence.ts";
import type { CheckedStamp, TrustedTime } from "./evidence_time.ts";
import type { ForeignCertificate } from "./foreign/certificate.ts";
import { type Answer, checkAnswer, checkNow, present } from "./check_present.ts";
import { checkSignedFile, signerOfFile } from "./check_signed_file.ts";
import { checkP7, type P7Input, signerOfP7 } from "./check_p7.ts";
import { parseOcsp } from "./ocsp.ts";
import type { VerifiedPath } from "./path.ts";
import type { RedrawnDisplay } from "./redrawn_display.ts";
import { SKEW } from "./status.ts";
import type { TsaTrust } from "./timestamps/verify.ts";
import type { Cosignature } from "./tlog/cosignature.ts";
import { verifyEvidence } from "./verify_evidence.ts";
import { verifyCms, verifySignature } from "./verify_signature.ts";

/** Trusted and other known data; times in ms. */
export interface VerifyInput {
  readonly now: number;
  /** The moment for which to check a CMS or bare signature; null for that of the given status, otherwise now. */
  readonly at: number | null;
  readonly roots: readonly Certificate[];
  /** `roots`, and those that only the tolerant reader accepts: roots for P7 of other CAs. */
  readonly foreignRoots?: readonly ForeignCertificate[];
  readonly logKeys: readonly string[];
  /** Keys (vkeys) of witnesses of logs; none if absent. */
  readonly witnessKeys?: readonly string[];
  /** Trusted third-party time stamping authorities; none if absent. */
  readonly tsa?: TsaTrust;
  /** OIDs of the signed attribute for the display, as in `EvidenceTrust`. */
  readonly displayOids?: readonly string[];
  /** CA certificates that a chain may use, and lists in force now. */
  readonly chain: readonly Certificate[];
  /** Like `chain`, with those that only the tolerant reader accepts, and given lists (DER) of other CAs. */
  readonly foreignChain?: readonly { readonly der: Uint8Array }[];
  readonly foreignCrls?: readonly Uint8Array[];
  readonly crls: readonly Crl[];
  /** Lists and answers (DER) given as files: then it is checked as of their time. */
  readonly givenCrls: readonly Crl[];
  readonly givenOcsp: Uint8Array | null;
  readonly answer: Answer;
}

export interface Result {
  readonly kind: Case["kind"];
  readonly source: string;
  readonly verdict: Verdict;
  /** Failed ones first. */
  readonly checks: readonly Check[];
  /** Signer named by the certificate; reliable only if chain and signature passed. */
  readonly signer: Signer | null;
  /** Value from a bundle, as in its log's entry, so reliable only if `log` passed. */
  readonly holder: Evidence["holder"] | null;
  /** Time from a bundle, by the service's clock. */
  readonly signedAt: number | null;
  /** For a bundle with a valid signature: its time, how far that can be trusted, and all its time stamps. */
  readonly time: TrustedTime | null;
  readonly timeStamps: readonly CheckedStamp[];
  /** For a bundle with a valid signature: the phone's display, as far as it can be reproduced. */
  readonly shown: RedrawnDisplay | null;
  /** For the same: when the view was registered for the requester, null if the bundle doesn't prove it. */
  readonly viewRegisteredAt: number | null;
  /** Time by which the log had it, by an authority's stamp on the checkpoint; null without one. */
  readonly logTime: TrustedTime | null;
  /** Known witnesses that cosigned the checkpoint, and when (ms); null without known witnesses or log. */
  readonly witnesses: readonly Cosignature[] | null;
  /** Contents of a standalone time stamp, certificate, list or OCSP answer. */
  readonly said: readonly Fact[];
  /** The moment of the check; `verifiedAt` is that of the verification. */
  readonly judgedAt: number;
  readonly verifiedAt: number;
  readonly document: Document | null;
  readonly request: Evidence["request"] | null;
  /** The entry's index, and the checkpoint that proves it; `root` in hex. */
  readonly log: {
    readonly origin: string;
    readonly index: number;
    readonly size: string;
    readonly root: string;
    readonly key: string;
  } | null;
  /** SHA-256 (hex) of the root to which the chain leads. */
  readonly rootSha256: string | null;
}

const ORDER: Readonly<Record<Case["kind"], readonly CheckName[]>> = {
  evidence: [
    "input",
    "content",
    "signature",
    "chain",
    "revocation",
    "display",
    "request",
    "cms",
    "time_stamp",
    "log",
    "issuers",
    "now",
  ],
  cms: ["input", "content", "signature", "chain", "revocation", "issuers", "time_stamp", "now"],
  p7: ["input", "content", "signature", "chain", "revocation"],
  signed_file: ["input", "content", "signature", "chain", "revocation"],
  signature: ["content", "signature", "chain", "revocation", "issuers", "now"],
  time_stamp: ["input", "content", "signature", "chain", "revocation"],
  certificate: ["input", "signature", "chain", "revocation"],
  crl: ["input", "signature", "chain", "in_force"],
  ocsp: ["input", "signature", "chain", "in_force"],
};

/** Returns the result; never throws, whatever the files contain. */
export async function verify(matter: Case, known: VerifyInput): Promise<Result> {
  const read = readCase(matter);
  const tally = new Tally();
  let done: Done = NOTHING_DONE;
  try {
    done = await checkByKind(matter, read, known, tally);
  } catch (error) {
    if (!(error instanceof VerificationError)) {
      throw error;
    }
    if (error.code === "unknown_issuer" && known.roots.length === 0) {
      tally.missing("chain", "no_root"); // nothing is wrong with it, but no root is trusted
    } else {
      tally.failed(error.step, error.code, error.revocation);
    }
  }
  const { path, time, timeStamps, shown, viewRegisteredAt, logTime, witnesses } = done;
  const isPresent = (name: CheckName): boolean =>
    name === "now" || name === (matter.kind === "evidence" ? "issuers" : "time_stamp");
  const checks = tally.inOrder(ORDER[matter.kind].filter((name) => !isPresent(name) || tally.has(name)));
  return {
    kind: matter.kind,
    source: matter.piece.name,
    verdict: verdictOf(checks),
    checks,
    signer: signerIn(matter, read),
    holder: read.evidence === null ? null : holderOf(read.evidence),
    signedAt: read.evidence?.signature.signedAt ?? null,
    time,
    timeStamps,
    shown,
    viewRegisteredAt,
    logTime,
    witnesses,
    said: factsOf(matter),
    judgedAt: read.evidence?.signature.signedAt ?? momentOf(matter, known),
    verifiedAt: known.now,
    document: await documentOf(matter, read),
    request: read.evidence === null ? null : requestOf(read.evidence),
    log: logOf(checks, read.evidence),
    rootSha256: path === null ? done.rootSha256 : hex(fingerprint(path.root)),
  };
}

interface Done extends Pick<
  Result,
  "time" | "timeStamps" | "shown" | "viewRegisteredAt" | "logTime" | "witnesses" | "rootSha256"
> {
  readonly path: VerifiedPath | null;
}

/** Returns the trust data for files from other parties. */
const foreign = (known: VerifyInput): P7Input => ({ ...known, chain: known.foreignChain ?? known.chain });

const NOBODY: TsaTrust = { roots: [] };
const NOTHING_DONE: Done = {
  path: null,
  time: null,
  timeStamps: [],
  shown: null,
  viewRegisteredAt: null,
  logTime: null,
  witnesses: null,
  rootSha256: null,
};

function signerIn({ piece }: Case, { leaf }: CaseFacts): Signer | null {
  if (piece.reading.kind === "p7") {
    return signerOfP7(piece.reading.p7);
  }
  if (piece.reading.kind === "signed_file") {
    return signerOfFile(piece.reading.file);
  }
  return leaf === null ? null : signerOf(leaf);
}

async function checkByKind(matter: Case, read: CaseFacts, known: VerifyInput, tally: Tally): Promise<Done> {
  if (matter.kind === "evidence") {
    return await checkEvidence(matter, read, known, tally);
  }
  if (matter.kind === "cms") {
    return await checkCmsCase(matter, read, known, tally);
  }
  const { reading } = matter.piece;
  if (reading.kind === "p7") {
    return { ...NOTHING_DONE, rootSha256: await checkP7(matter, reading.p7, foreign(known), tally) };
  }
  if (reading.kind === "signed_file") {
    return { ...NOTHING_DONE, rootSha256: checkSignedFile(reading.file, foreign(known), tally) };
  }
  if (reading.kind !== "signature") {
    const answered = known.answer.state === "answered" ? known.answer.ocsp : null;
    const from = { ...foreign(known), tsa: known.tsa ?? NOBODY, answered };
    return { ...NOTHING_DONE, rootSha256: await checkStandalone(matter, from, tally) };
  }
  return { ...NOTHING_DONE, path: await checkBare(matter, known, tally) };
}

async function checkEvidence(
  matter: Case,
  { evidence }: CaseFacts,
  known: VerifyInput,
  tally: Tally,
): Promise<Done> {
  if (evidence === null) {
    throw new VerificationError("unreadable", "input", "not a bundle of the one form");
  }
  const trust = {
    roots: known.roots,
    at: known.now,
    logKeys: known.logKeys,
    witnessKeys: known.witnessKeys ?? [],
    tsa: known.tsa ?? NOBODY,
    ...(known.displayOids && { displayOids: known.displayOids }),
    crls: [...known.crls, ...known.givenCrls],
  };
  const { signature, time, timeStamps, shown, logged } = await verifyEvidence(
    evidence,
    matter.document?.content ?? null,
    trust,
    tally,
  );
  checkNow(signature.path, evidence.signature.signedAt, known, tally);
  const { viewRegisteredAt = null, time: logTime = null } = logged ?? {};
  const witnesses = trust.witnessKeys.length === 0 ? null : (logged?.witnesses ?? null);
  const ofLog = { viewRegisteredAt, logTime, witnesses };
  return { ...NOTHING_DONE, path: signature.path, time, timeStamps, shown, ...ofLog };
}

async function checkCmsCase(matter: Case, read: CaseFacts, known: VerifyInput, tally: Tally): Promise<Done> {
  const { reading } = matter.piece;
  if (reading.kind !== "cms") {
    return NOTHING_DONE;
  }
  if (matter.document === null && read.leaf !== null && read.embedded === null) {
    tally.passed("input");
    tally.missing("content", "no_document");
    return NOTHING_DONE;
  }
  const from = {
    tsa: known.tsa ?? NOBODY,
    now: known.now,
    cms: reading.der,
    content: matter.document?.content ?? null,
    chain: known.chain,
    roots: known.roots,
    status: statusOf(known),
  };
  const { path, timeStamps } = await verifyCms({ ...from, at: momentOf(matter, known) }, tally);
  await checkPresent(path, (at) => verifyCms({ ...from, at }, new Tally()), known, tally);
  return { ...NOTHING_DONE, path, timeStamps };
}

async function checkBare(matter: Case, known: VerifyInput, tally: Tally): Promise<VerifiedPath | null> {
  const { reading } = matter.piece;
  const { document, certificate } = matter;
  if (document === null) {
    tally.missing("content", "no_document");
  }
  if (certificate === null) {
    tally.missing("chain", "no_certificate");
  }
  if (reading.kind !== "signature" || document === null || certificate === null) {
    return null;
  }
  const from = {
    message: document.content,
    signature: reading.der,
    certificate,
    chain: known.chain,
    roots: known.roots,
    status: statusOf(known),
  };
  const { path } = await verifySignature({ ...from, at: momentOf(matter, known) }, tally);
  tally.passed("content", { by: "file", size: document.content.size });
  await checkPresent(path, (at) => verifySignature({ ...from, at }, new Tally()), known, tally);
  return path;
}

function hasGivenStatus(known: VerifyInput): boolean {
  return known.givenOcsp !== null || known.givenCrls.length > 0;
}

/**
 * Selects the status: present lists don't apply at the time of a given status, and expired lists never apply.
 */
function statusOf(known: VerifyInput): { crls: readonly Crl[]; ocsp: Uint8Array | null } {
  const { now, crls } = known;
  const inForce = crls.filter(({ thisUpdate, nextUpdate }) => thisUpdate <= now + SKEW && now < nextUpdate);
  return { crls: hasGivenStatus(known) ? known.givenCrls : inForce, ocsp: known.givenOcsp };
}

/** Kinds that the service creates; files from other parties are validated as of now. */
const OF_SERVICE: ReadonlySet<Case["kind"]> = new Set(["evidence", "cms", "signature"]);

/** Returns the moment of the given status, as `mshield verify FOLDER` does; otherwise now. */
function momentOf({ kind, certificate }: Case, known: VerifyInput): number {
  if (known.at !== null || !hasGivenStatus(known) || !OF_SERVICE.has(kind)) {
    return known.at ?? known.now;
  }
  try {
    const times =
      known.givenOcsp === null
        ? known.givenCrls.map(({ thisUpdate }) => thisUpdate)
        : parseOcsp(known.givenOcsp).statuses.map(({ thisUpdate }) => thisUpdate);
    return Math.max(...times, kind === "signature" ? (certificate?.notBefore ?? 0) : 0);
  } catch (error) {
    if (error instanceof FormError) {
      return known.now; // the verification itself reports what can't be read
    }
    throw error;
  }
}

/**
 * Checks the present state too. Without a signing time only that can clear a signature: last year's good
 * status would also clear one that a thief made today. So the given status must still hold now, or the
 * service must confirm it.
 */
async function checkPresent(
  path: VerifiedPath,
  again: (at: number) => Promise<unknown>,
  known: VerifyInput,
  tally: Tally,
): Promise<void> {
  if (known.at !== null || !hasGivenStatus(known) || tally.isMissing("revocation")) {
    checkAnswer(path, known, tally);
    return;
  }
  const status = known.answer.state === "answered" ? present(path, known.answer.ocsp, known.now) : null;
  if (status?.error === null) {
    tally.passed("now", { at: status.at });
    return;
  }
  if (status !== null && status.error?.revocation) {
    tally.failed("revocation", status.error.code, status.error.revocation);
    return;
  }
  try {
    await again(known.now);
  } catch (error) {
    if (!(error instanceof VerificationError)) {
      throw error;
    }
    tally.missing("revocation", "old_status");
  }
}

function logOf(checks: readonly Check[], evidence: Evidence | null): Result["log"] {
  const facts: Facts | undefined = checks.find(
    ({ name, state }) => name === "log" && state === "passed",
  )?.facts;
  return facts === undefined || evidence === null
    ? null
    : {
        origin: String(facts["origin"]),
        index: evidence.log.index,
        size: String(facts["size"]),
        root: String(facts["root"]),
        key: evidence.log.key,
      };
}
