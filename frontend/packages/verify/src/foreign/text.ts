/** The text types of foreign names, two of which the strict reader doesn't know. */

import { FormError } from "@mshield/forms";

import type { Reader } from "../reader.ts";

const [TELETEX_STRING, BMP_STRING] = [0x14, 0x1e];

/** UTF8String, PrintableString, IA5String, BMPString, or TeletexString of ASCII. */
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

/** Whole code units, no half of a surrogate pair. */
function bmp(content: Uint8Array): string {
  try {
    return new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new FormError("text is not in its encoding");
  }
}

/** What other octets stand for differs from CA to CA, so they are not guessed. */
function teletex(content: Uint8Array): string {
  if (content.some((octet) => octet > 0x7f)) {
    throw new FormError("a teletex string has more than ASCII");
  }
  return String.fromCharCode(...content.subarray(0, 0x8000));
}
