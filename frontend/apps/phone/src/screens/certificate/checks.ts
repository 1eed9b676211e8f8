/** What a form can know to be wrong before it is sent: of a credit code (GB 32100), of a name; and how an id number is masked. */

/** No I, O, S, V or Z (GB 32100). */
const CREDIT_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const CREDIT_LENGTH = 18;

/** As the service compares it: half-width, capitals, no spaces. */
export function compact(text: string): string {
  return text.normalize("NFKC").toUpperCase().replaceAll(/[\s-]/g, "");
}

/** Whether this has the letters and the length of a unified social credit code. */
export function isCreditCodeForm(code: string): boolean {
  return code.length === CREDIT_LENGTH && [...code].every((letter) => CREDIT_LETTERS.includes(letter));
}

/** Whether the check character of a unified social credit code (统一社会信用代码, GB 32100) is right. */
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

/** Whether the service takes two names for the same: blanks, kinds of middle dots, and capitals don't count. */
export function isSameName(one: string, other: string): boolean {
  return plainName(one) === plainName(other);
}

const plainName = (name: string): string =>
  name
    .normalize("NFKC")
    .replaceAll(/[^\p{L}\p{N}]/gu, "")
    .toLowerCase();

/** 330206********4218, as the look masks; shorter numbers keep two at each end. */
export function masked(number: string): string {
  const [head, tail] = number.length > 12 ? [6, 4] : [2, 2];
  return number.length <= head + tail
    ? number
    : number.slice(0, head) + "*".repeat(number.length - head - tail) + number.slice(-tail);
}
