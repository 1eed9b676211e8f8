/** Judges one signature with all that is known, and tells every check: what passed, what failed first, what was not done and why. */

import { FormError } from "@mshield/forms";
import { hex } from "@mshield/gm";

import { judgeAlone, saidOf } from "./alone/judge_alone.ts";
import type { Said } from "./alone/said.ts";
import type { Case } from "./assemble.ts";
import {
  type Document,
  documentOf,
  holderOf,
  type Read,
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
import { type Answer, checkAnswer, checkNow, present } from "./judge_present.ts";
import { judgeSignedFile, signerOfFile } from "./judge_signed_file.ts";
import { judgeP7, type P7Known, signerOfP7 } from "./judge_p7.ts";
import { parseOcsp } from "./ocsp.ts";
import type { VerifiedPath } from "./path.ts";
import type { ShownAgain } from "./shown_again.ts";
import { SKEW } from "./status.ts";
import type { TsaTrust } from "./timestamps/verify.ts";
import type { Cosignature } from "./tlog/cosignature.ts";
import { verifyEvidence } from "./verify_evidence.ts";
import { verifyCms, verifySignature } from "./verify_signature.ts";

/** What is trusted and what else is known; times in ms. */
export interface Known {
  readonly now: number;
  /** The moment to judge a CMS or bare signature as of; null for that of the status that was given, else now. */
  readonly at: number | null;
  readonly roots: readonly Certificate[];
  /** The same and those that only the tolerant reader takes: whose P7 of other CAs are believed. */
  readonly foreignRoots?: readonly ForeignCertificate[];
  readonly logKeys: readonly string[];
  /** Keys (vkeys) of witnesses of logs; nobody's where it isn't there. */
  readonly witnessKeys?: readonly string[];
  /** Whose time stamps are those of a third party; nobody's where it isn't there. */
  readonly tsa?: TsaTrust;
  /** As `EvidenceTrust`'s. */
  readonly displayOids?: readonly string[];
  /** CA certificates that a chain may use, and lists in force now. */
  readonly chain: readonly Certificate[];
  /** As `chain`, with those that only the tolerant reader takes, and lists (DER) of other CAs that were given. */
  readonly foreignChain?: readonly { readonly der: Uint8Array }[];
  readonly foreignCrls?: readonly Uint8Array[];
  readonly crls: readonly Crl[];
  /** Lists and answers (DER) that were given as files: then it is judged as of their time. */
  readonly givenCrls: readonly Crl[];
  readonly givenOcsp: Uint8Array | null;
  readonly answer: Answer;
}

export interface Result {
  readonly kind: Case["kind"];
  readonly source: string;
  readonly verdict: Verdict;
  /** A failed one first. */
  readonly checks: readonly Check[];
  /** As the certificate says; to be believed only where chain and signature passed. */
  readonly signer: Signer | null;
  /** Of a bundle, as its log's entry has it, so to be believed only where `log` passed; null in those from before. */
  readonly holder: Evidence["holder"];
  /** Of a bundle, by the service's clock. */
  readonly signedAt: number | null;
  /** Of a bundle whose signature holds: the time of the signature, and how far it can be trusted; all its time stamps. */
  readonly time: TrustedTime | null;
  readonly timeStamps: readonly CheckedStamp[];
  /** Of a bundle whose signature holds: what the phone showed, as far as it can be shown again. */
  readonly shown: ShownAgain | null;
  /** Of the same: when the view was registered for who asked, null where the bundle doesn't prove it. */
  readonly viewRegisteredAt: number | null;
  /** By when the log had it, as an authority stamped the checkpoint; null where none did. */
  readonly logTime: TrustedTime | null;
  /** Which of the known witnesses cosigned the checkpoint, and when (ms); null where none is known or the log isn't. */
  readonly witnesses: readonly Cosignature[] | null;
  /** What a time stamp, certificate, list or OCSP answer says that stands alone. */
  readonly said: readonly Said[];
  /** The moment that was judged, and that of the verification. */
  readonly judgedAt: number;
  readonly verifiedAt: number;
  readonly document: Document | null;
  readonly request: Evidence["request"] | null;
  /** The entry's place, and the checkpoint that it was shown by; `root` in hex. */
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

/** The result; it never throws for what stands in the files. */
export async function judge(matter: Case, known: Known): Promise<Result> {
  const read = readCase(matter);
  const tally = new Tally();
  let done: Done = NOTHING_DONE;
  try {
    done = await judged(matter, read, known, tally);
  } catch (error) {
    if (!(error instanceof VerificationError)) {
      throw error;
    }
    if (error.code === "unknown_issuer" && known.roots.length === 0) {
      tally.missing("chain", "no_root"); // nothing is wrong with it: nobody said whom to trust
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
    said: saidOf(matter),
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

/** With what files of others are judged. */
const foreign = (known: Known): P7Known => ({ ...known, chain: known.foreignChain ?? known.chain });

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

function signerIn({ piece }: Case, { leaf }: Read): Signer | null {
  if (piece.reading.kind === "p7") {
    return signerOfP7(piece.reading.p7);
  }
  if (piece.reading.kind === "signed_file") {
    return signerOfFile(piece.reading.file);
  }
  return leaf === null ? null : signerOf(leaf);
}

async function judged(matter: Case, read: Read, known: Known, tally: Tally): Promise<Done> {
  if (matter.kind === "evidence") {
    return await judgeEvidence(matter, read, known, tally);
  }
  if (matter.kind === "cms") {
    return await judgeCms(matter, read, known, tally);
  }
  const { reading } = matter.piece;
  if (reading.kind === "p7") {
    return { ...NOTHING_DONE, rootSha256: await judgeP7(matter, reading.p7, foreign(known), tally) };
  }
  if (reading.kind === "signed_file") {
    return { ...NOTHING_DONE, rootSha256: judgeSignedFile(reading.file, foreign(known), tally) };
  }
  if (reading.kind !== "signature") {
    const answered = known.answer.state === "answered" ? known.answer.ocsp : null;
    const from = { ...foreign(known), tsa: known.tsa ?? NOBODY, answered };
    return { ...NOTHING_DONE, rootSha256: await judgeAlone(matter, from, tally) };
  }
  return { ...NOTHING_DONE, path: await judgeBare(matter, known, tally) };
}

async function judgeEvidence(matter: Case, { evidence }: Read, known: Known, tally: Tally): Promise<Done> {
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

async function judgeCms(matter: Case, read: Read, known: Known, tally: Tally): Promise<Done> {
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

async function judgeBare(matter: Case, known: Known, tally: Tally): Promise<VerifiedPath | null> {
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

function hasGivenStatus(known: Known): boolean {
  return known.givenOcsp !== null || known.givenCrls.length > 0;
}

/** Lists of today say nothing about the moment of a status that was given, and lists out of date nothing at all. */
function statusOf(known: Known): { crls: readonly Crl[]; ocsp: Uint8Array | null } {
  const { now, crls } = known;
  const inForce = crls.filter(({ thisUpdate, nextUpdate }) => thisUpdate <= now + SKEW && now < nextUpdate);
  return { crls: hasGivenStatus(known) ? known.givenCrls : inForce, ocsp: known.givenOcsp };
}

/** What others made is judged as of now. */
const OF_SERVICE: ReadonlySet<Case["kind"]> = new Set(["evidence", "cms", "signature"]);

/** The moment for which the given status speaks, as `mshield verify FOLDER` has it; else now. */
function momentOf({ kind, certificate }: Case, known: Known): number {
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
      return known.now; // the verification itself names what can't be read
    }
    throw error;
  }
}

/**
 * Without a signing time only the present state can clear a signature: a good status of last year would clear one that a
 * thief made today. So what was given must hold now too, or the service say that all is well.
 */
async function checkPresent(
  path: VerifiedPath,
  again: (at: number) => Promise<unknown>,
  known: Known,
  tally: Tally,
): Promise<void> {
  if (known.at !== null || !hasGivenStatus(known) || tally.isMissing("revocation")) {
    checkAnswer(path, known, tally);
    return;
  }
  const stands = known.answer.state === "answered" ? present(path, known.answer.ocsp, known.now) : null;
  if (stands?.error === null) {
    tally.passed("now", { at: stands.at });
    return;
  }
  if (stands !== null && stands.error?.revocation) {
    tally.failed("revocation", stands.error.code, stands.error.revocation);
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
