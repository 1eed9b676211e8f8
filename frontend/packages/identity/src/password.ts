/**
 * Rules for a login password, those of the service (`mshield.server.accounts.rules.password`), and how strong it is, in
 * words. The service decides; these rules give feedback while the user types.
 */

const MIN_LENGTH = 10;
const MAX_LENGTH = 128;
const MIN_DISTINCT = 5;
const MIN_KINDS = 2;
const RUN = 6;
const LONG = 14;

// prettier-ignore
const KNOWN = [
  "password", "passw0rd", "p@ssword", "p@ssw0rd", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwerty", "asdfgh",
  "1q2w3e4r5t", "1qaz2wsx3edc", "1qaz2wsx", "1q2w3e4r", "q1w2e3r4", "qazwsx", "abcdefghij", "abcdef", "abc123",
  "abcd1234", "01234567890", "1234567890", "9876543210", "0987654321", "123456789", "987654321", "12345678",
  "87654321", "1234567", "7654321", "123456", "654321", "123123", "123321", "112233", "147258369", "5201314",
  "1314520", "woaini", "iloveyou", "admin", "administrator", "letmein", "welcome", "dragon", "monkey", "sunshine",
  "mshield", "shoujidun", "changeme", "root",
];
// Longest first, so that shorter words are searched for in what the longer ones leave.
const LONGEST_FIRST = KNOWN.toSorted((a, b) => b.length - a.length);
const KINDS = [/\p{L}/u, /\p{Nd}/u, /[^\p{L}\p{N}]/u];

export type Weakness = "too_short" | "too_long" | "too_simple" | "personal" | "common";

/** Normalises what different keyboards send for the same keys. */
function normalPassword(text: string): string {
  return text.normalize("NFKC");
}

/** Returns how many characters the password lacks. */
export function missing(text: string): number {
  return Math.max(0, MIN_LENGTH - [...normalPassword(text)].length);
}

/** Returns why the service would refuse the password; null if it wouldn't. */
export function weakness(text: string, phone = ""): Weakness | null {
  const password = normalPassword(text);
  const characters = [...password];
  if (characters.length < MIN_LENGTH) {
    return "too_short";
  }
  if (characters.length > MAX_LENGTH) {
    return "too_long";
  }
  if (!isVaried(password)) {
    return "too_simple";
  }
  if (isPersonal(password, phone)) {
    return "personal";
  }
  return isCommon(password) ? "common" : null;
}

/** Requirements for a password, shown as a list whose items are ticked while the user types. */
export const DEMANDS = ["length", "variety", "personal", "common"] as const;
export type Demand = (typeof DEMANDS)[number];

/** Reports which requirements are met. An empty password meets none, so that an empty field has no tick. */
export function met(text: string, phone = ""): Record<Demand, boolean> {
  const password = normalPassword(text);
  const { length } = [...password];
  return {
    length: length >= MIN_LENGTH && length <= MAX_LENGTH,
    variety: isVaried(password),
    personal: length > 0 && !isPersonal(password, phone),
    common: length > 0 && !isCommon(password),
  };
}

/** Rates a password: 0 if empty, 1 if the service would refuse it, else 2 to 4. */
export function strength(text: string, phone = ""): 0 | 1 | 2 | 3 | 4 {
  if (text === "") {
    return 0;
  }
  if (weakness(text, phone) !== null) {
    return 1;
  }
  const password = normalPassword(text);
  const points = Number([...password].length >= LONG) + Number(kinds(password) === KINDS.length);
  return (2 + points) as 2 | 3 | 4;
}

function isVaried(password: string): boolean {
  return new Set(password).size >= MIN_DISTINCT && kinds(password) >= MIN_KINDS;
}

function isPersonal(password: string, phone: string): boolean {
  return phone !== "" && (password.includes(phone) || password.includes(phone.slice(-8)));
}

function kinds(password: string): number {
  return KINDS.filter((kind) => kind.test(password)).length;
}

function isCommon(password: string): boolean {
  let rest = password.toLowerCase();
  for (const known of LONGEST_FIRST) {
    rest = rest.replaceAll(known, "");
  }
  rest = rest.replaceAll(/(?:19|20)[0-9]{2}/g, "");
  return rest.length < RUN && rest.length < password.length / 2;
}
