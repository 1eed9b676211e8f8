/**
 * Checks that E-Port XML to be signed is canonical, and that M is the SignedInfo that this phone computes of
 * it.
 */

import { readToSign, type SignedXml, XmlError } from "@mshield/forms/xml.ts";
import { contentKindOf } from "@mshield/views/media_type.ts";

import { ProtocolError } from "./errors.ts";
import type { Task } from "./messages.ts";

/**
 * Throws: ProtocolError `bad_task`. These octets are displayed as UTF-8, so their type must not specify
 * another charset.
 */
export function checkXmlDocument({ content, mediaType }: Task, signed: SignedXml): void {
  if (content === null || contentKindOf(mediaType) !== "xml" || /charset=(?!"?utf-?8\b)/i.test(mediaType)) {
    throw new ProtocolError("bad_task", "XML without its content, or of another type or charset");
  }
  try {
    readToSign(content, signed);
  } catch (error) {
    throw error instanceof XmlError
      ? new ProtocolError("bad_task", `not the canonical XML that is signed: ${error.message}`)
      : error;
  }
}
