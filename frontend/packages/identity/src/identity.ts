/**
 * Forms of names, id numbers and phone numbers that the service accepts, checked before they are sent.
 *
 * The rules are those of the service (`mshield.server.values.names`), which decides; checking here only saves a
 * round trip.
 */

export type IdType = "resident_id" | "passport" | "hk_macau_permit" | "taiwan_permit" | "foreign_resident_id";

/** Types of ID documents, in the order of the manual's wheel (2.3.1.1). */
export const ID_TYPES: readonly IdType[] = [
  "resident_id",
  "passport",
  "hk_macau_permit",
  "taiwan_permit",
  "foreign_resident_id",
];

const CARD = /^[0-9]{17}[0-9X]$/;
const FOREIGN_BEFORE_2023 = /^[A-Z]{3}[0-9]{4}([0-9]{6})[0-9]{2}$/;
const CHECK_DIGITS = "10X98765432";
const [FIRST_YEAR, LAST_YEAR] = [1880, 2099];

const RULES: Record<IdType, (number: string) => boolean> = {
  resident_id: (number) => /^[1-8]/.test(number) && isCard(number),
  passport: (number) => /^(?=.*[0-9])[A-Z0-9]{5,12}$/.test(number),
  hk_macau_permit: (number) => /^[HM][0-9]{8}(?:[0-9]{2})?$/.test(number),
  taiwan_permit: (number) => /^[0-9]{8}(?:[0-9]{2}[A-Z]?)?$/.test(number),
  foreign_resident_id: isForeignResident,
};

/** Normalises an ID number: ASCII capitals, without spaces, hyphens and brackets. */
export function normalIdNumber(text: string): string {
  return text
    .normalize("NFKC")
    .replaceAll(/[\s()（）-]/g, "")
    .toUpperCase();
}

export function isIdNumber(type: IdType, text: string): boolean {
  return RULES[type](normalIdNumber(text));
}

/**
 * Returns a mainland mobile number as 11 digits, also if typed with +86 or spaces; null for any other text.
 */
export function normalPhone(text: string): string | null {
  const digits = text.normalize("NFKC").replaceAll(/[\s-]/g, "");
  const plain = digits.length > 11 ? digits.replace(/^(?:\+|00)86/, "") : digits;
  return /^1[3-9][0-9]{9}$/.test(plain) ? plain : null;
}

/** Masks a phone number, as in 138****6027; returns a text that is no number yet unchanged. */
export function maskedPhone(text: string): string {
  const phone = normalPhone(text);
  return phone === null ? text : `${phone.slice(0, 3)}****${phone.slice(-4)}`;
}

export function isName(text: string): boolean {
  const name = text.normalize("NFKC").trim();
  return name.length <= 64 && /^\p{L}[\p{L}\p{M} ·•‧∙⋅・\-'’.]*$/u.test(name);
}

/** Checks a resident ID by GB 11643: 17 digits with a real date of birth, and their check digit. */
function isCard(number: string): boolean {
  if (!CARD.test(number)) {
    return false;
  }
  let sum = 0;
  for (let i = 0; i < 17; i++) {
    sum += Number(number[i]) * (2 ** (17 - i) % 11);
  }
  return CHECK_DIGITS[sum % 11] === number[17] && isDate(number.slice(6, 14));
}

function isForeignResident(number: string): boolean {
  if (number.startsWith("9")) {
    return isCard(number);
  }
  const birth = FOREIGN_BEFORE_2023.exec(number)?.[1];
  return birth !== undefined && (isDate(`20${birth}`) || isDate(`19${birth}`));
}

/** Reports whether digits such as 19900101 are a day of the calendar. */
function isDate(digits: string): boolean {
  const [year, month, day] = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)].map(Number) as [
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(year, month - 1, day));
  return (
    year >= FIRST_YEAR && year <= LAST_YEAR && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  );
}
