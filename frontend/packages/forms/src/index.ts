/** The forms of bytes that the phone writes and the verifier reads: DER, JSON, base64, what documents and logins sign. */

export {
  ambiguity,
  type Ambiguity,
  contentOfAnother,
  isAmbiguous,
  isDigest,
  isLikeSignedInfo,
} from "./ambiguous.ts";
export { fromBase64, toBase64 } from "./base64.ts";
export * from "./der.ts";
export { FormError, XmlError } from "./errors.ts";
export {
  boundBy,
  type Format,
  FORMATS,
  insideOf,
  mayBeElsewhere,
  messageOf,
  type Options,
  readOptions,
  signsContent,
  type ToSign,
  type Wrapper,
  type XmlOptions,
} from "./formats.ts";
export { LOGIN_FIELDS, LOGIN_TYPE, type LoginMessage, loginBytes } from "./login_message.ts";
export {
  coveredDigest,
  finishedFile,
  type Gap,
  gapIn,
  PDF_SIGNATURES,
  type PdfBound,
  pdfMessage,
  type PdfSignature,
  preparedFile,
} from "./pdf.ts";
export {
  type Bound,
  type Confirmed,
  type Pages,
  DISPLAY_OIDS,
  type DisplayLine,
  displayBytes,
  displayDigest,
  displayOidsOf,
  type Drawing,
  isLikeAttributes,
  isOperatorsArc,
  type Shown,
  shownDigest,
  signedAttributes,
} from "./signed_attributes.ts";
export { canonicalJson, canonicalText, isWellFormed, readJson, someMember, utf8Text } from "./strict_json.ts";
