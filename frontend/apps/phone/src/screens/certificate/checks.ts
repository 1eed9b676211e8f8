/** Checks of form fields before sending: credit codes (GB 32100) and names; and the masking of ID numbers. */

/** No I, O, S, V or Z (GB 32100). */
const CREDIT_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const CREDIT_LENGTH = 18;

/** Returns the form in which the service compares it: half-width, capitals, no spaces. */
export function compact(text: string): string {
  return text.normalize("NFKC").toUpperCase().replaceAll(/[\s-]/g, "");
}

/** Returns whether it has the letters and the length of a unified social credit code. */
export function isCreditCodeForm(code: string): boolean {
  return code.length === CREDIT_LENGTH && [...code].every((letter) => CREDIT_LETTERS.includes(letter));
}

/** Returns whether it is a unified social credit code (统一社会信用代码, GB 32100) with the right check character. */
export function isCreditCode(code: string): boolean {
  if (!isCreditCodeForm(code)) {
    return false;
  }
  let [sum, weight] = [0, 1];
  for (const letter of code.slice(0, -1)) {
    sum += CREDIT_LETTERS.indexOf(letter) * weight;
    weight = (weight * 3) % 31;
  }
  return CREDIT_LETTERS[(31 - (sum % 31)) % 31] === code.at(-1);
}

/**
 * Returns whether the service treats two names as the same: it ignores blanks, kinds of middle dots, and
 * capitals.
 */
export function isSameName(one: string, other: string): boolean {
  return plainName(one) === plainName(other);
}

const plainName = (name: string): string =>
  name
    .normalize("NFKC")
    .replaceAll(/[^\p{L}\p{N}]/gu, "")
    .toLowerCase();

/**
 * Masks a number as the look requires: 330206********4218; shorter numbers keep two characters at each end.
 */
export function masked(number: string): string {
  const [head, tail] = number.length > 12 ? [6, 4] : [2, 2];
  return number.length <= head + tail
    ? number
    : number.slice(0, head) + "*".repeat(number.length - head - tail) + number.slice(-tail);
}
