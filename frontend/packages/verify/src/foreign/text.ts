/** Text types of foreign names, two of which the strict reader doesn't support. */

import { FormError } from "@mshield/forms";

import type { Reader } from "../reader.ts";

const [TELETEX_STRING, BMP_STRING] = [0x14, 0x1e];

/** Reads a UTF8String, PrintableString, IA5String, BMPString, or ASCII TeletexString. */
export function readText(reader: Reader): string {
  switch (reader.next) {
    case BMP_STRING:
      return bmp(reader.content(BMP_STRING));
    case TELETEX_STRING:
      return teletex(reader.content(TELETEX_STRING));
    default:
      return reader.text()[1];
  }
}

/** Decodes whole code units without lone surrogates. */
function bmp(content: Uint8Array): string {
  try {
    return new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new FormError("text is not in its encoding");
  }
}

/** Refuses octets beyond ASCII: their meaning differs between CAs, so they are not guessed. */
function teletex(content: Uint8Array): string {
  if (content.some((octet) => octet > 0x7f)) {
    throw new FormError("a teletex string has more than ASCII");
  }
  return String.fromCharCode(...content.subarray(0, 0x8000));
}
