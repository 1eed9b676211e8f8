/** Bytes as text of the same length, for looking at what may be ASCII. */

const CHUNK = 0x8000;

export function ascii(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return text;
}
