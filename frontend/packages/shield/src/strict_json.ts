/** JSON, text and base64 as `@mshield/forms` reads them; its errors become ProtocolError `malformed`. */

import * as forms from "@mshield/forms";

import { ProtocolError } from "./errors.ts";

export { canonicalJson, hasMember } from "@mshield/forms";

/** Parses JSON. Throws: ProtocolError `malformed` if it is not UTF-8, not JSON, or repeats a field. */
export function readJson(bytes: Uint8Array): unknown {
  return strictly(() => forms.readJson(bytes));
}

/** Decodes UTF-8. Throws: ProtocolError `malformed`. */
export function utf8Text(bytes: Uint8Array): string {
  return strictly(() => forms.utf8Text(bytes));
}

/** Decodes standard base64 in its only spelling. Throws: ProtocolError `malformed`. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return strictly(() => forms.fromBase64(text));
}

function strictly<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof forms.FormError) {
      throw new ProtocolError("malformed", error.message);
    }
    throw error;
  }
}
