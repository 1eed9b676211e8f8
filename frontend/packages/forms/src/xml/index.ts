/** XML: parsed once for all checks and displays, with its canonical form and what is signed of it. */

export { XmlError } from "../errors.ts";
export {
  canonicalDocument,
  canonicalElement,
  DSIG,
  EPORT,
  EXCLUSIVE,
  INCLUSIVE,
  requireCanonical,
} from "./canonical.ts";
export {
  type MadeXml,
  readToSign,
  serialName,
  signedFile,
  type SignedXml,
  signedXmlOf,
  xmlMessage,
} from "./making.ts";
export { type Attribute, type Item, readXml, type Start, type XmlDocument } from "./reader.ts";
