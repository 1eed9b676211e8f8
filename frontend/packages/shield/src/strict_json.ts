/** JSON and text as `@mshield/forms` reads them; what isn't of the form is ProtocolError `malformed`. */

import * as forms from "@mshield/forms";

import { ProtocolError } from "./errors.ts";

export { canonicalJson, someMember } from "@mshield/forms";

/** The value; ProtocolError `malformed` for what is not UTF-8, not JSON, or repeats a field. */
export function readJson(bytes: Uint8Array): unknown {
  return strictly(() => forms.readJson(bytes));
}

/** The text of UTF-8 bytes; ProtocolError `malformed` for others. */
export function utf8Text(bytes: Uint8Array): string {
  return strictly(() => forms.utf8Text(bytes));
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
