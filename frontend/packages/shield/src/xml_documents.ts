/** Whether XML that is to be signed as E-Port has it is canonical, and M the SignedInfo that this phone makes of it. */

import { readToSign, type SignedXml, XmlError } from "@mshield/forms/xml.ts";
import { contentKindOf } from "@mshield/views/media_type.ts";

import { ProtocolError } from "./errors.ts";
import type { Task } from "./messages.ts";

/** ProtocolError `bad_task`. What is shown are these octets, as UTF-8: their type mustn't say another thing. */
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
