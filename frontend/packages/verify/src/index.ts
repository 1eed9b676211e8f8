/** Verifies signatures, CMS and bundles of evidence as `mshield verify` does; no DOM, no network. */

export { version as VERSION } from "../package.json";

export { assemble, type Assembled, type Case, type Piece } from "./assemble.ts";
export { type Certificate, fingerprint, parseCertificate, personOf } from "./certificate.ts";
export type { Check, CheckName, CheckState, Facts, Verdict } from "./checks.ts";
export { type Content, contentOf, NOTHING } from "./content.ts";
export { type Crl, parseCrl } from "./crl.ts";
export { type Revocation, type Step, VerificationError } from "./errors.ts";
export { type Evidence, parseEvidence } from "./evidence.ts";
export { type Answer, askable, type Document, judge, type Known, leafOf, type Result } from "./judge.ts";
export { attribute, type Name } from "./names.ts";
export { ocspRequest } from "./ocsp.ts";
export { isNamed } from "./path.ts";
export { type Found, type Kind, MAX_BYTES, recognise } from "./recognise.ts";
export { openCheckpoint, parseVerifierKey } from "./tlog/note.ts";
