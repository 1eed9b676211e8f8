/** Standard base64 (RFC 4648, 4), padded, in its only spelling. */

import { FormError } from "./errors.ts";

const STANDARD = /^[A-Za-z0-9+/]*={0,2}$/;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const CHUNK = 0x8000;

/** Decodes base64. Throws: FormError for anything else, including stray bits unless `lax`. */
export function fromBase64(text: string, { lax = false } = {}): Uint8Array<ArrayBuffer> {
  if (!STANDARD.test(text) || text.length % 4 !== 0 || !(lax || hasNoStrayBits(text))) {
    throw new FormError("not base64");
  }
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new FormError("not base64");
  }
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) {
    bytes[at] = binary.charCodeAt(at);
  }
  return bytes;
}

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(binary);
}

/** Reports whether the last letter has no unused bits set: two of them before one `=`, four before two. */
function hasNoStrayBits(text: string): boolean {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const last = ALPHABET.indexOf(text.at(-1 - padding) ?? "A");
  return padding === 0 || last % (padding === 2 ? 16 : 4) === 0;
}
