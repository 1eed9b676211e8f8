/**
 * The short code of a second (输入短码), computed from the QR code's text: two characters for the seconds since
 * the request began, six for the first 30 bits of that second's code. Crockford's alphabet, as in
 * `mshield.wire.qr`.
 */

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BITS = 5;
const TEXT = /\?t=(0|[1-9]\d*)&c=([A-Za-z0-9_-]{22})$/;

/** Returns `ABCD EFGH`; null for a text of another form, and for a request too old for two characters. */
export function shortOf(text: string): string | null {
  const match = TEXT.exec(text);
  const elapsed = Number(match?.[1]);
  if (match === null || elapsed >= ALPHABET.length ** 2) {
    return null;
  }
  const octets = atob(match[2]!.slice(0, 8).replaceAll("-", "+").replaceAll("_", "/"));
  let number = 0;
  for (let place = 0; place < 4; place++) {
    number = number * 256 + octets.charCodeAt(place);
  }
  number = Math.floor(number / 4); // 30 of 32 bits
  let code = "";
  for (let place = 0; place < 6; place++) {
    code = ALPHABET[number % 2 ** BITS]! + code;
    number = Math.floor(number / 2 ** BITS);
  }
  const whole =
    ALPHABET[Math.floor(elapsed / ALPHABET.length)]! + ALPHABET[elapsed % ALPHABET.length]! + code;
  return `${whole.slice(0, 4)} ${whole.slice(4)}`;
}
