/**
 * Rules for refusing new PINs (R10): the service determines which are in force, the phone applies them.
 *
 * The PIN stays here. So does what is known of the holder during the choice; none of it is stored.
 */

import { PhoneError } from "./errors.ts";
import { Fields } from "./fields.ts";
import type { Operation } from "./operation.ts";
import { requirePin } from "./pin.ts";

/** Reasons for refusing a PIN, in the order of reporting, each with a Chinese and an English sentence. */
export const REASONS = {
  same: ["不能六位都是同一个数字", "All six digits are the same"],
  run: ["不能是连续的数字，如 123456 或 987654", "The digits count up or down"],
  repeated: [
    "不能由重复的数字组成，如 121212、112233 或 123123",
    "The same digits are repeated, as in 121212, 112233 or 123123",
  ],
  birthday: ["不能是您的生日", "It is your birthday"],
  id_number: ["不能是证件号码中的六位数字", "It stands in your id number"],
  blocked: ["这是常见的 PIN 码", "It is one of the PINs that many people choose"],
} as const;
export type PinRule = keyof typeof REASONS;

/** Rules in force, and the PINs of the block list. */
export interface PinPolicy {
  readonly rules: ReadonlySet<string>;
  readonly blocked: ReadonlySet<string>;
}

/** Data about the holder when a PIN is chosen; dates as YYYYMMDD. */
export interface Holder {
  readonly idNumber: string;
  readonly birthDates: readonly string[];
}

/** A holder of whom nothing is known. */
export const UNKNOWN_HOLDER: Holder = { idNumber: "", birthDates: [] };

export const ALL_RULES: PinPolicy = { rules: new Set(Object.keys(REASONS)), blocked: new Set() };

/** Fetches the service's rules. */
export async function fetchPolicy(operation: Operation): Promise<PinPolicy> {
  const policy = new Fields(await operation.connection.get("/api/phone/policy", operation.anonymous()));
  return { rules: new Set(policy.texts("pin_rules")), blocked: new Set(policy.texts("pin_blocked")) };
}

/** Returns the holder of a document whose number the user typed. */
export function holderOf(idNumber: string): Holder {
  const number = idNumber
    .normalize("NFKC")
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, "");
  return { idNumber: number, birthDates: datesIn(number) };
}

/** Refuses an easy PIN. Throws: PhoneError `weak_pin`, whose `extra` has the `reason`; `bad_pin_form`. */
export function requireStrong(pin: string, policy: PinPolicy, holder: Holder): void {
  const reason = weakness(requirePin(pin), policy, holder);
  if (reason !== null) {
    const [zh, en] = REASONS[reason];
    const said = { zh: `PIN 码太简单：${zh}`, en: `This PIN is too easy to guess. ${en}`, extra: { reason } };
    throw new PhoneError("weak_pin", undefined, said);
  }
}

/** Like `requireStrong`, by the service's rules and the ID number typed; null if none was typed. */
export async function requireStrongFor(
  operation: Operation,
  pin: string,
  idNumber: string | null,
): Promise<void> {
  const policy = await fetchPolicy(operation);
  requireStrong(pin, policy, await pinHolder(operation, policy, idNumber));
}

/** Data that the service returns to holders about their own ID number; null and empty for an erased account. */
export interface OwnNumber {
  readonly masked: string | null;
  readonly birthDates: readonly string[];
}

export async function ownNumber(operation: Operation): Promise<OwnNumber> {
  const path = "/api/phone/me/birth-dates";
  const of = new Fields(await operation.connection.get(path, operation.loggedIn()));
  return {
    masked: of.textOrNull("id_number_masked"),
    birthDates: of.texts("birth_dates").map((date) => date.replaceAll("-", "")),
  };
}

/**
 * Returns the holder who chooses a PIN: by the number typed, otherwise by what the service returns about it.
 */
export async function pinHolder(
  operation: Operation,
  { rules }: PinPolicy,
  idNumber: string | null,
): Promise<Holder> {
  if (idNumber !== null) {
    return holderOf(idNumber);
  }
  return rules.has("birthday") || rules.has("id_number")
    ? holderOfEnd(await ownNumber(operation))
    : UNKNOWN_HOLDER;
}

/**
 * Derives the holder from birth date and masked number: for a resident card that is all except the region.
 */
export function holderOfEnd({ masked, birthDates }: OwnNumber): Holder {
  const end = /^\*{14}([0-9]{3}[0-9X])$/.exec(masked ?? "")?.[1];
  const isKnown = end !== undefined && birthDates.length === 1;
  return { idNumber: isKnown ? `${birthDates[0]}${end}` : "", birthDates };
}

/** Returns the first rule that refuses a six-digit PIN, or null. */
export function weakness(pin: string, policy: PinPolicy, holder: Holder): PinRule | null {
  const breaks: Record<PinRule, boolean> = {
    same: new Set(pin).size === 1,
    run: isRun(pin),
    repeated: isRepeated(pin),
    birthday: holder.birthDates.some((date) => birthdayForms(date).includes(pin)),
    id_number: holder.idNumber.includes(pin),
    blocked: policy.blocked.has(pin),
  };
  const rules = Object.keys(REASONS) as PinRule[];
  return rules.find((rule) => policy.rules.has(rule) && breaks[rule]) ?? null;
}

/**
 * Returns the birth dates that an ID number may contain; none for passports and permits. Resident cards (GB
 * 11643) and foreign residents' cards since 2023 have eight digits; older cards have six, which leaves the
 * century open.
 */
function datesIn(number: string): string[] {
  const card = /^[0-9]{6}([0-9]{8})[0-9]{3}[0-9X]$/.exec(number)?.[1];
  const foreign = /^[A-Z]{3}[0-9]{4}([0-9]{6})[0-9]{2}$/.exec(number)?.[1];
  const texts = card === undefined ? (foreign === undefined ? [] : ["19" + foreign, "20" + foreign]) : [card];
  return texts.filter(isDate);
}

/** Returns six-digit spellings of a date: 900315, 150390, 031590, 199003, 031990, 199035, 351990. */
function birthdayForms(date: string): string[] {
  const [year, month, day] = [date.slice(0, 4), date.slice(4, 6), date.slice(6)];
  const two = year.slice(2);
  const [m, d] = [String(Number(month)), String(Number(day))];
  const forms = [two + month + day, day + month + two, month + day + two, year + month, month + year];
  return [...forms, year + m + d, m + d + year, d + m + year];
}

function isDate(text: string): boolean {
  const [year, month, day] = [text.slice(0, 4), text.slice(4, 6), text.slice(6)];
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  // Some engines parse 30 February as 1 or 2 March.
  return year !== "0000" && !Number.isNaN(date.valueOf()) && date.getUTCDate() === Number(day);
}

/** Reports whether each digit is one more than the previous, or each one less; 0 follows 9. */
function isRun(pin: string): boolean {
  const steps = new Set([...pin].slice(1).map((digit, i) => (Number(digit) - Number(pin[i]) + 10) % 10));
  return steps.size === 1 && (steps.has(1) || steps.has(9));
}

/** Reports repeated digits or groups of them, such as 121212, 123123 and 112233. */
function isRepeated(pin: string): boolean {
  const isGroups = pin === pin.slice(0, 2).repeat(3) || pin === pin.slice(0, 3).repeat(2);
  return isGroups || (pin[0] === pin[1] && pin[2] === pin[3] && pin[4] === pin[5]);
}
