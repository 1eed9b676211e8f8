/**
 * Forms of bytes that the phone writes and the verifier reads: DER, JSON, base64, and M of documents and
 * logins.
 */

export {
  ambiguity,
  type Ambiguity,
  ambiguityOfContent,
  isAmbiguous,
  isDigest,
  isLikeSignedInfo,
} from "./ambiguous.ts";
export { fromBase64, toBase64 } from "./base64.ts";
export * from "./der.ts";
export { FormError, XmlError } from "./errors.ts";
export {
  boundData,
  type Format,
  FORMATS,
  embeddedContent,
  allowsDetached,
  messageOf,
  type Options,
  readOptions,
  isContentSigned,
  type SigningInput,
  type Wrapper,
  type XmlOptions,
} from "./formats.ts";
export { LOGIN_FIELDS, LOGIN_TYPE, type LoginMessage, loginBytes } from "./login_message.ts";
export { isOfdList } from "./ofd_lists.ts";
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
  type BoundData,
  type Confirmation,
  type Pages,
  DISPLAY_OID,
  type DisplayLine,
  displayBytes,
  displayDigest,
  displayOidsOf,
  type ViewDigests,
  isLikeAttributes,
  isCustomArc,
  type Display,
  fullDisplayDigest,
  signedAttributes,
} from "./signed_attributes.ts";
export { canonicalJson, canonicalText, isWellFormed, readJson, hasMember, utf8Text } from "./strict_json.ts";
