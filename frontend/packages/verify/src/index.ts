/** Verifies signatures, CMS and bundles of evidence as `mshield verify` does; no DOM, no network. */

export { version as VERSION } from "../package.json";

export type { Fact } from "./standalone/facts.ts";
export { assemble, type CaseSet, type Case, type Piece } from "./assemble.ts";
export { type Certificate, fingerprint, isSameCertificate, parseCertificate } from "./certificate.ts";
export type { Check, CheckName, CheckState, Facts, Verdict } from "./checks.ts";
export { tsaTrustOf } from "./standalone/trust_list.ts";
export { type Content, contentOf, newSha256, NO_BYTES } from "./content.ts";
export { type Crl, parseCrl } from "./crl.ts";
export { PartError, type Revocation, type Step } from "./errors.ts";
export {
  isIssuedBy,
  logKeyOf,
  nameOf,
  parseCertificates,
  parseForeignCertificates,
  parseTsaTrust,
  signsCheckpoint,
} from "./from_outside.ts";
export { type Cosignature, parseWitnessKey } from "./tlog/cosignature.ts";
export { contentOfCase, type Document, type Signer } from "./case_facts.ts";
export type { CheckedStamp, StampBy, TrustedTime } from "./evidence_time.ts";
export { findStatusSubject, leafOf } from "./status_subject.ts";
export { verify, type VerifyInput, type Result } from "./verify.ts";
export type { Answer } from "./check_present.ts";
export type { RedrawnDisplay } from "./redrawn_display.ts";
export { ocspRequest } from "./ocsp.ts";
export { type Recognised, type Kind, MAX_BYTES, recognise } from "./recognise.ts";
export { serialText } from "./check_log.ts";
