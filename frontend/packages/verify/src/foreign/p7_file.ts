/**
 * Encodings of a file with a SignedData: DER or BER, base64 with or without line breaks, PEM; also used for
 * other parts.
 */

import { FormError, fromBase64 } from "@mshield/forms";

import { P7Error } from "../errors.ts";
import { ascii, trimmed } from "../text.ts";

/** Maximum octets of a file. */
const MAX_P7 = 64 * 1024 * 1024;
const LABELS = ["CMS", "PKCS7", "PKCS #7 SIGNED DATA"];
/** PEM labels of all standalone parts; the content determines the kind. */
export const PART_LABELS = [
  ...LABELS,
  "CERTIFICATE",
  "X509 CRL",
  "OCSP RESPONSE",
  "TIMESTAMP TOKEN",
  "TIMESTAMP RESPONSE",
];

/** Returns the DER or BER in a file, whose PEM must have one of these labels. Throws: P7Error `form`. */
export function octetsOfFile(data: Uint8Array, labels: readonly string[] = LABELS): Uint8Array {
  if (data.length > MAX_P7) {
    throw new P7Error("form", "longer than 64 MiB");
  }
  if (data[0] === 0x30) {
    return data;
  }
  const stripped = trimmed(ascii(data));
  const text = stripped.startsWith("-----") ? body(stripped, labels) : stripped;
  const base64 = text.replaceAll(/[ \t\r\n]+/g, "");
  try {
    if (base64 === "") {
      throw new FormError("empty");
    }
    return fromBase64(base64);
  } catch (error) {
    throw error instanceof FormError ? new P7Error("form", "neither DER nor base64 nor PEM") : error;
  }
}

/** Returns the text between the lines of the only block. */
function body(text: string, labels: readonly string[]): string {
  for (const label of labels) {
    const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`];
    if (text.startsWith(begin) && text.endsWith(end) && text.length >= begin.length + end.length) {
      return text.slice(begin.length, -end.length);
    }
  }
  throw new P7Error("form", "not one PEM block of a label that is read");
}
