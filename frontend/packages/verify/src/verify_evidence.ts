/**
 * Verifies an evidence bundle offline (docs/evidence.md): every part, against the others and against what is
 * trusted, in the order of `mshield verify`. The caller supplies roots and log keys: those in the bundle
 * prove nothing.
 */

import {
  boundData,
  DISPLAY_OID,
  displayDigest,
  displayOidsOf,
  FormError,
  isLikeAttributes,
  LOGIN_FIELDS,
  LOGIN_TYPE,
  loginBytes,
  type LoginMessage,
  readJson,
  isContentSigned,
  toBase64,
} from "@mshield/forms";
import { hex, equalBytes, unhex } from "@mshield/gm";

import { parseAttributes } from "./attributes.ts";
import { type Certificate, parsePem, toPem } from "./certificate.ts";
import type { Tally } from "./checks.ts";
import { checkCms } from "./check_cms.ts";
import { checkLog, type LogResult } from "./check_log.ts";
import { xmlMessageOf } from "./check_xml.ts";
import { type Content, contentOf, NO_BYTES } from "./content.ts";
import { inStep, type Step, VerificationError } from "./errors.ts";
import type { Crl } from "./crl.ts";
import type { Evidence } from "./evidence.ts";
import { messageOfPdf } from "./evidence_pdf.ts";
import { type CheckedStamp, checkTimeStamps, trustedTime, type TrustedTime } from "./evidence_time.ts";
import { declaredDisplay, redrawDisplay, type RedrawnDisplay } from "./redrawn_display.ts";
import { SKEW, presentStatus, type PresentStatus, statusAtSigning, type StatusAtSigning } from "./status.ts";
import type { TsaTrust } from "./timestamps/verify.ts";
import { noteTime, type Trust, type VerifiedSignature, verifySignature } from "./verify_signature.ts";

/**
 * `at` is the moment of the verification: nothing in the bundle may be later. `crls` are lists with the
 * present status of certificates; expired ones are ignored.
 */
export interface EvidenceTrust extends Trust {
  readonly logKeys: readonly string[];
  readonly witnessKeys?: readonly string[];
  readonly tsa: TsaTrust;
  readonly crls: readonly Crl[];
  /** Display attributes under an operator's own arc, in addition to those that every verifier knows. */
  readonly displayOids?: readonly string[];
}

/** Reasons of RFC 5280 that cast doubt on everything a CA issued, since somebody else has its key. */
const COMPROMISED: ReadonlySet<number> = new Set([1, 2]);

export interface VerifiedEvidence {
  readonly signature: VerifiedSignature;
  readonly issuing: Certificate;
  /** Null if no log is trusted. */
  readonly logged: LogResult | null;
  readonly timeStamps: readonly CheckedStamp[];
  readonly time: TrustedTime;
  readonly shown: RedrawnDisplay;
}

/** Verifies a bundle; `content`, if given, must be the document's. Throws: VerificationError. */
export async function verifyEvidence(
  evidence: Evidence,
  content: Content | null,
  trust: EvidenceTrust,
  tally: Tally,
): Promise<VerifiedEvidence> {
  const { signedAt } = evidence.signature;
  if (signedAt > trust.at + SKEW) {
    throw failed("from_future", "input", "signed after the moment of the verification");
  }
  tally.passed("input");
  const document = await checkedContent(evidence, content);
  const displayOids = await displayOidsFor(evidence, trust);
  const message = await messageOf(evidence, document, displayOids, tally);
  checkRequest(evidence, message, tally);
  const signature = await verifySignature(
    {
      message: contentOf(message),
      signature: evidence.signature.value,
      certificate: await onePem(evidence.certificatePem),
      chain: await somePem(evidence.chainPem[0]),
      roots: trust.roots,
      at: signedAt,
      status: null,
    },
    tally,
  );
  const [issuing, root] = chainOf(evidence, signature);
  const inCms = checkCms(evidence, signature);
  tally.passed("cms");
  const timeStamps = await inStep("time_stamp", () =>
    checkTimeStamps({
      stamps: evidence.timeStamps,
      signature: evidence.signature.value,
      inCms,
      trust: trust.tsa,
      caRoot: root,
      signedAt,
      now: trust.at,
    }),
  );
  const time = trustedTime(timeStamps, signedAt);
  noteTime(tally, timeStamps, time);
  const times = { signedAt, now: trust.at };
  await inStep("revocation", () => {
    const { leaf } = signature.path;
    const status = statusAtSigning(leaf, issuing, evidence.status.ocsp, times);
    const ca = statusAtSigning(issuing, root, evidence.status.caOcsp, times);
    requireUncompromised("revocation", ca.later, time);
    note(tally, status, ca);
  });
  const logged = await checkLog(evidence, signature, { ...trust, caRoot: root }, tally);
  await inStep("issuers", () => {
    const now = presentStatus(issuing, root, trust.crls, times);
    requireUncompromised("issuers", now, time);
    noteNow(tally, "issuers", now);
  });
  await inStep("now", () => {
    noteNow(tally, "now", presentStatus(signature.path.leaf, issuing, trust.crls, times));
  });
  const shown = redrawDisplay(evidence.document, document, message);
  return { signature, issuing, logged, timeStamps, time, shown };
}

/**
 * A compromised CA key can issue anything, so only what a third party stamped before the compromise is
 * accepted.
 */
function requireUncompromised(step: Step, now: PresentStatus, { by, latest }: TrustedTime): void {
  if (now === null || now === "good" || !COMPROMISED.has(now.reason)) {
    return;
  }
  if (by !== "outside" || latest >= now.at) {
    throw new VerificationError(
      "ca_compromised",
      step,
      "the issuing CA's key is another's, and no third party's time stamp is from before",
      now,
    );
  }
}

/** Records the present status; an answer of the service for `now` may replace it later. */
function noteNow(tally: Tally, name: "issuers" | "now", now: PresentStatus): void {
  if (now === "good") {
    tally.passed(name, { by: "crl" });
  } else if (now !== null) {
    tally.noted(name, name === "now" ? "revoked" : "ca_later", now);
  } else if (name === "issuers") {
    tally.aside(name, "status_missing");
  }
}

function note(tally: Tally, status: StatusAtSigning, ca: StatusAtSigning): void {
  const facts = { by: "ocsp", at: status.thisUpdate };
  if (status.later !== null) {
    tally.noted("revocation", "later", status.later, facts);
  } else if (ca.later !== null) {
    tally.noted("revocation", "ca_later", ca.later, facts);
  } else {
    tally.passed("revocation", facts);
  }
}

/** Checks digest and size of the content, both inside and given; returns it. */
async function checkedContent({ document }: Evidence, beside: Content | null): Promise<Content | null> {
  const inside = document.content === null ? null : contentOf(document.content);
  for (const content of [beside, inside]) {
    if (
      content !== null &&
      (content.size !== document.size || hex(await content.hash(NO_BYTES)) !== document.digest)
    ) {
      throw failed("message_mismatch", "content", "the content has another digest or size");
    }
  }
  return beside ?? inside;
}

/**
 * Returns M: the content or its digest, or the signed attributes, which must match what the bundle displays.
 */
async function messageOf(
  evidence: Evidence,
  content: Content | null,
  displayOids: readonly string[],
  tally: Tally,
): Promise<Uint8Array> {
  const { document, signature } = evidence;
  const { format, options } = document;
  if (options.attributes === (signature.attributes === null)) {
    throw failed("unreadable", "input", "signed attributes do not go with this format");
  }
  if (format === "pdf" || document.update !== null) {
    return await messageOfPdf(evidence, displayOids, tally);
  }
  const by = { by: document.content === null ? "file" : "inside", size: document.size };
  if (format === "xml") {
    const message = xmlMessageOf(document);
    tally.passed("content", by);
    tally.aside("display", "not_bound");
    return message;
  }
  if (signature.attributes === null && !isContentSigned(format, options)) {
    if (content === null) {
      tally.missing("content", "no_document", { size: document.size });
    } else {
      tally.passed("content", by);
    }
    tally.aside("display", "not_bound");
    return unhex(document.digest);
  }
  if (signature.attributes === null) {
    const whole = content !== null && content.head.length === content.size ? content.head : null;
    if (whole === null) {
      throw failed("unreadable", "input", "a raw signature needs the content");
    }
    if (isLikeAttributes(whole)) {
      throw failed("message_mismatch", "content", "the content is signed attributes");
    }
    tally.passed("content", by);
    tally.aside("display", "not_bound");
    return whole;
  }
  const encoded = signature.attributes;
  const attributes = await inStep("input", () => parseAttributes(encoded, displayOids));
  if (hex(attributes.messageDigest) !== document.digest) {
    throw failed("message_mismatch", "content", "the signed digest is another content's");
  }
  if (content === null) {
    tally.missing("content", "no_document", { size: document.size });
  } else {
    tally.passed("content", by);
  }
  if (!equalBytes(attributes.display, displayDigest(declaredDisplay(document)))) {
    throw failed("display_mismatch", "display", "the signed display is another one");
  }
  const bound = boundData(format, options, attributes.signingTime);
  const isSaid =
    attributes.isGb === bound.isGb &&
    attributes.displayOid === bound.displayOid &&
    attributes.signingTime === bound.signingTime &&
    options.signingTime === (attributes.signingTime !== null);
  if (!isSaid) {
    throw failed("unreadable", "input", "other signed attributes than the options say");
  }
  tally.passed("display", { lines: document.display.length });
  return encoded;
}

/**
 * Checks that a login names its request and business system; for a document's signature only the service
 * claims them.
 */
function checkRequest({ request }: Evidence, message: Uint8Array, tally: Tally): void {
  if (request.kind !== "login") {
    tally.aside("request", "service_word");
    return;
  }
  const { id, system } = request;
  const login = loginOf(message);
  const named = [login?.type, login?.request_id, login?.client_id, login?.name, login?.domain];
  const wanted = [LOGIN_TYPE, id, system.clientId, system.name, system.domain];
  if (named.some((member, i) => member !== wanted[i])) {
    throw failed("message_mismatch", "request", "the login is for another request or system");
  }
  tally.passed("request");
}

/** Parses what a login signed; null for anything but its canonical form. */
function loginOf(message: Uint8Array): LoginMessage | null {
  try {
    const members = readJson(message, { integers: true }) as Record<string, unknown> | null;
    const isOfForm =
      typeof members === "object" &&
      members !== null &&
      LOGIN_FIELDS.every((name) => typeof members[name] === (name === "issued_at" ? "number" : "string"));
    const login = members as unknown as LoginMessage;
    return isOfForm && equalBytes(loginBytes(login), message) ? login : null;
  } catch (error) {
    if (error instanceof FormError) {
      return null;
    }
    throw error;
  }
}

/**
 * Returns the attributes that may bind a display: known to all, trusted, and by the arc of the certificate's
 * policy.
 */
async function displayOidsFor(evidence: Evidence, { displayOids = [] }: EvidenceTrust): Promise<string[]> {
  const certificates = await inStep("input", () => parsePem(evidence.certificatePem));
  const named = certificates.flatMap(({ values }) => displayOidsOf(values.policies));
  return [...new Set([DISPLAY_OID, ...displayOids, ...named])];
}

async function onePem(pem: string): Promise<Certificate> {
  const [certificate, ...more] = await somePem(pem);
  if (certificate === undefined || more.length > 0) {
    throw failed("unreadable", "input", "expected one certificate");
  }
  return certificate;
}

async function somePem(pem: string): Promise<Certificate[]> {
  const certificates = await inStep("input", () => parsePem(pem));
  if (certificates.length === 0) {
    throw failed("unreadable", "input", "no certificate in the PEM text");
  }
  return certificates;
}

/** Returns issuing CA and root, after checking that the bundle has exactly the verified certificates. */
function chainOf(evidence: Evidence, { path }: VerifiedSignature): [issuing: Certificate, root: Certificate] {
  const own = [path.leaf, ...path.intermediates, path.root].map(({ der }) => toPem(toBase64(der)));
  const chain = [evidence.certificatePem, ...evidence.chainPem];
  const [issuing] = path.intermediates;
  if (issuing === undefined || own.length !== chain.length || own.some((pem, i) => pem !== chain[i])) {
    throw failed("unknown_issuer", "chain", "the chain in the bundle is not the one verified");
  }
  return [issuing, path.root];
}

function failed(code: string, step: Step, message: string): VerificationError {
  return new VerificationError(code, step, message);
}
