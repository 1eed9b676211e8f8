/**
 * Verifies a bundle of evidence offline (docs/evidence.md): every part, against each other and against what is trusted,
 * in the order of `mshield verify`. Roots and log keys are the caller's: those in the bundle prove nothing.
 */

import {
  boundBy,
  DISPLAY_OIDS,
  displayDigest,
  displayOidsOf,
  FormError,
  isLikeAttributes,
  LOGIN_FIELDS,
  LOGIN_TYPE,
  loginBytes,
  type LoginMessage,
  readJson,
  signsContent,
  toBase64,
} from "@mshield/forms";
import { hex, same, unhex } from "@mshield/gm";

import { parseAttributes } from "./attributes.ts";
import { type Certificate, parsePem, toPem } from "./certificate.ts";
import type { Tally } from "./checks.ts";
import { checkCms } from "./check_cms.ts";
import { checkLog, type Logged } from "./check_log.ts";
import { xmlMessageOf } from "./check_xml.ts";
import { type Content, contentOf, NOTHING } from "./content.ts";
import { inStep, type Step, VerificationError } from "./errors.ts";
import type { Crl } from "./crl.ts";
import type { Evidence } from "./evidence.ts";
import { messageOfPdf } from "./evidence_pdf.ts";
import { type CheckedStamp, checkTimeStamps, trustedTime, type TrustedTime } from "./evidence_time.ts";
import { displayOf, showAgain, type ShownAgain } from "./shown_again.ts";
import { SKEW, statusNow, type StatusNow, statusThen, type StatusThen } from "./status.ts";
import type { TsaTrust } from "./timestamps/verify.ts";
import { noteTime, type Trust, type VerifiedSignature, verifySignature } from "./verify_signature.ts";

/**
 * `at` is the moment of the verification: nothing in the bundle may be later. `crls` are lists that say how certificates
 * stand now; those out of date say nothing.
 */
export interface EvidenceTrust extends Trust {
  readonly logKeys: readonly string[];
  readonly witnessKeys?: readonly string[];
  readonly tsa: TsaTrust;
  readonly crls: readonly Crl[];
  /** Attributes of displays under an operator's own arc, beside those that every verifier knows. */
  readonly displayOids?: readonly string[];
}

/** Reasons of RFC 5280 for which whatever a CA issued is to be doubted: somebody else has its key. */
const COMPROMISED: ReadonlySet<number> = new Set([1, 2]);

export interface VerifiedEvidence {
  readonly signature: VerifiedSignature;
  readonly issuing: Certificate;
  /** Null where nobody said which log to believe. */
  readonly logged: Logged | null;
  readonly timeStamps: readonly CheckedStamp[];
  readonly time: TrustedTime;
  readonly shown: ShownAgain;
}

/** VerificationError where something does not hold; `content` must be the document's, where it is given. */
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
  const inCms = await checkCms(evidence, signature, message, document);
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
    const status = statusThen(leaf, issuing, evidence.status.ocsp, times);
    const ca = statusThen(issuing, root, evidence.status.caOcsp, times);
    requireUncompromised("revocation", ca.later, time);
    note(tally, status, ca);
  });
  const logged = await checkLog(evidence, signature, { ...trust, caRoot: root }, tally);
  await inStep("issuers", () => {
    const now = statusNow(issuing, root, trust.crls, times);
    requireUncompromised("issuers", now, time);
    noteNow(tally, "issuers", now);
  });
  await inStep("now", () => {
    noteNow(tally, "now", statusNow(signature.path.leaf, issuing, trust.crls, times));
  });
  const shown = showAgain(evidence.document, document, message);
  return { signature, issuing, logged, timeStamps, time, shown };
}

/** Who has a CA's key issues what they like: then only what a third party stamped before is to be believed. */
function requireUncompromised(step: Step, now: StatusNow, { by, latest }: TrustedTime): void {
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

/** `now` may be asked of the service after this, which then counts. */
function noteNow(tally: Tally, name: "issuers" | "now", now: StatusNow): void {
  if (now === "good") {
    tally.passed(name, { by: "crl" });
  } else if (now !== null) {
    tally.noted(name, name === "now" ? "revoked" : "ca_later", now);
  } else if (name === "issuers") {
    tally.aside(name, "status_missing");
  }
}

function note(tally: Tally, status: StatusThen, ca: StatusThen): void {
  const facts = { by: "ocsp", at: status.thisUpdate };
  if (status.later !== null) {
    tally.noted("revocation", "later", status.later, facts);
  } else if (ca.later !== null) {
    tally.noted("revocation", "ca_later", ca.later, facts);
  } else {
    tally.passed("revocation", facts);
  }
}

/** The content, of the digest and size that the bundle says: the one inside, and the given one too. */
async function checkedContent({ document }: Evidence, beside: Content | null): Promise<Content | null> {
  const inside = document.content === null ? null : contentOf(document.content);
  for (const content of [beside, inside]) {
    if (
      content !== null &&
      (content.size !== document.size || hex(await content.hash(NOTHING)) !== document.digest)
    ) {
      throw failed("message_mismatch", "content", "the content has another digest or size");
    }
  }
  return beside ?? inside;
}

/** M: the content or its digest, or the signed attributes, which must be those of what the bundle shows. */
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
  if (signature.attributes === null && !signsContent(format, options)) {
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
  if (!same(attributes.display, displayDigest(displayOf(document)))) {
    throw failed("display_mismatch", "display", "the signed display is another one");
  }
  const bound = boundBy(format, options, attributes.signingTime);
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

/** A login names its request and business system itself; of a document's signature they are the service's word. */
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

/** What a login signed, or null for anything but its canonical form. */
function loginOf(message: Uint8Array): LoginMessage | null {
  try {
    const members = readJson(message, { integers: true }) as Record<string, unknown> | null;
    const isOfForm =
      typeof members === "object" &&
      members !== null &&
      LOGIN_FIELDS.every((name) => typeof members[name] === (name === "issued_at" ? "number" : "string"));
    const login = members as unknown as LoginMessage;
    return isOfForm && same(loginBytes(login), message) ? login : null;
  } catch (error) {
    if (error instanceof FormError) {
      return null;
    }
    throw error;
  }
}

/** What may bind a display: what everybody knows, what is trusted, and the arc of the certificate's policy. */
async function displayOidsFor(evidence: Evidence, { displayOids = [] }: EvidenceTrust): Promise<string[]> {
  const certificates = await inStep("input", () => parsePem(evidence.certificatePem));
  const named = certificates.flatMap(({ values }) => displayOidsOf(values.policies));
  return [...new Set([...DISPLAY_OIDS, ...displayOids, ...named])];
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

/** Issuing CA and root; what the bundle has is what was verified, to the byte. */
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
