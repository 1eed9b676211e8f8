/** Whether XML that is to be signed as E-Port has it is canonical, and M the SignedInfo that this phone makes of it. */

import type { XmlOptions } from "@mshield/forms";
import { same } from "@mshield/gm";
import { XmlError, xmlMessage } from "@mshield/verify/xml.ts";
import { contentKindOf } from "@mshield/views/media_type.ts";

import { ProtocolError } from "./errors.ts";
import type { Task } from "./messages.ts";

/** ProtocolError `bad_task`. What is shown are these octets, as UTF-8: their type mustn't say another thing. */
export function checkXmlDocument({ content, message, mediaType }: Task, { profile }: XmlOptions): void {
  if (content === null || contentKindOf(mediaType) !== "xml" || /charset=(?!"?utf-?8\b)/i.test(mediaType)) {
    throw new ProtocolError("bad_task", "XML without its content, or of another type or charset");
  }
  if (!same(message, messageOf(content, profile))) {
    throw new ProtocolError("bad_task", "the SignedInfo is another document's");
  }
}

function messageOf(content: Uint8Array, profile: XmlOptions["profile"]): Uint8Array {
  try {
    return xmlMessage(content, profile);
  } catch (error) {
    throw error instanceof XmlError
      ? new ProtocolError("bad_task", `not canonical XML that may be signed: ${error.message}`)
      : error;
  }
}
