/** What a file with a SignedData may be: DER or BER, base64 with or without line breaks, PEM; and of others, the same. */

import { FormError, fromBase64 } from "@mshield/forms";

import { P7Error } from "../errors.ts";
import { ascii, trimmed } from "../text.ts";

/** Octets of a file. */
const MAX_P7 = 64 * 1024 * 1024;
const LABELS = ["CMS", "PKCS7", "PKCS #7 SIGNED DATA"];
/** Of PEM around anything that is read alone. What stands inside says which it is. */
export const PART_LABELS = [
  ...LABELS,
  "CERTIFICATE",
  "X509 CRL",
  "OCSP RESPONSE",
  "TIMESTAMP TOKEN",
  "TIMESTAMP RESPONSE",
];

/** The DER or BER in a file, whose PEM has one of these labels; P7Error `form`. */
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

/** Between the lines of the one block that the text is. */
function body(text: string, labels: readonly string[]): string {
  for (const label of labels) {
    const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`];
    if (text.startsWith(begin) && text.endsWith(end) && text.length >= begin.length + end.length) {
      return text.slice(begin.length, -end.length);
    }
  }
  throw new P7Error("form", "not one PEM block of a label that is read");
}
