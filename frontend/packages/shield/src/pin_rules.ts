/**
 * Which new PINs this phone refuses (R10): the service says which rules are in force, the phone applies them.
 *
 * The PIN stays here; so does all that is known of the holder while they choose it, and nothing of it is kept.
 */

import { PhoneError, ProblemError } from "./errors.ts";
import { Fields } from "./fields.ts";
import type { Operation } from "./operation.ts";
import { checkedPin } from "./pin.ts";

/** Why a PIN is refused, in the order in which it is told; Chinese and English sentence of each. */
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

/** The rules in force, and the PINs of the block list. */
export interface PinPolicy {
  readonly rules: ReadonlySet<string>;
  readonly blocked: ReadonlySet<string>;
}

/** What is known of the holder when a PIN is chosen; dates as YYYYMMDD. */
export interface Holder {
  readonly idNumber: string;
  readonly birthDates: readonly string[];
}

/** Nothing is known of them. */
export const NOBODY: Holder = { idNumber: "", birthDates: [] };

export const ALL_RULES: PinPolicy = { rules: new Set(Object.keys(REASONS)), blocked: new Set() };

/** The service's rules; all rules and no block list where an older service has none. */
export async function fetchPolicy(operation: Operation): Promise<PinPolicy> {
  const answer = await orNothing(operation.connection.get("/api/phone/policy", operation.anonymous()));
  if (answer === null) {
    return ALL_RULES;
  }
  const policy = new Fields(answer);
  return { rules: new Set(policy.texts("pin_rules")), blocked: new Set(policy.texts("pin_blocked")) };
}

/** The holder of a document whose number the user typed. */
export function holderOf(idNumber: string): Holder {
  const number = idNumber
    .normalize("NFKC")
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, "");
  return { idNumber: number, birthDates: datesIn(number) };
}

/** PhoneError `weak_pin`, whose `extra` names the `reason`; `bad_pin_form`. */
export function requireStrong(pin: string, policy: PinPolicy, holder: Holder): void {
  const reason = weakness(checkedPin(pin), policy, holder);
  if (reason !== null) {
    const [zh, en] = REASONS[reason];
    const said = { zh: `PIN 码太简单：${zh}`, en: `This PIN is too easy to guess. ${en}`, extra: { reason } };
    throw new PhoneError("weak_pin", undefined, said);
  }
}

/** As `requireStrong`, by the service's rules and the id number that was typed; null where none was. */
export async function requireStrongFor(
  operation: Operation,
  pin: string,
  idNumber: string | null,
): Promise<void> {
  const policy = await fetchPolicy(operation);
  requireStrong(pin, policy, await whoChooses(operation, policy, idNumber));
}

/** What the service tells the holder of their own id number; an older service, or none: null. */
export interface OwnNumber {
  readonly masked: string | null;
  readonly birthDates: readonly string[];
}

export async function ownNumber(operation: Operation): Promise<OwnNumber> {
  const path = "/api/phone/me/birth-dates";
  const answer = await orNothing(operation.connection.get(path, operation.loggedIn()));
  const of = answer === null ? null : new Fields(answer);
  const dates = of?.texts("birth_dates") ?? [];
  return {
    masked: of?.textOrNull("id_number_masked") ?? null,
    birthDates: dates.map((date) => date.replaceAll("-", "")),
  };
}

/** Who chooses a PIN; where no id number was typed, by what the service tells the holder of it. */
export async function whoChooses(
  operation: Operation,
  { rules }: PinPolicy,
  idNumber: string | null,
): Promise<Holder> {
  if (idNumber !== null) {
    return holderOf(idNumber);
  }
  return rules.has("birthday") || rules.has("id_number") ? holderOfEnd(await ownNumber(operation)) : NOBODY;
}

/** By birth date and masked number: of a resident card that is all but the region. */
export function holderOfEnd({ masked, birthDates }: OwnNumber): Holder {
  const end = /^\*{14}([0-9]{3}[0-9X])$/.exec(masked ?? "")?.[1];
  const isKnown = end !== undefined && birthDates.length === 1;
  return { idNumber: isKnown ? `${birthDates[0]}${end}` : "", birthDates };
}

/** The first rule that refuses a PIN of six digits, or null. */
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
 * The birth dates that an id number may stand for; none for passports and permits. Resident cards (GB 11643) and
 * foreign residents' cards since 2023 say it in eight digits; the cards before 2023 in six, which leaves the century open.
 */
function datesIn(number: string): string[] {
  const card = /^[0-9]{6}([0-9]{8})[0-9]{3}[0-9X]$/.exec(number)?.[1];
  const foreign = /^[A-Z]{3}[0-9]{4}([0-9]{6})[0-9]{2}$/.exec(number)?.[1];
  const texts = card === undefined ? (foreign === undefined ? [] : ["19" + foreign, "20" + foreign]) : [card];
  return texts.filter(isDate);
}

/** How people write a date in six digits: 900315, 150390, 031590, 199003, 031990, 199035, 351990. */
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
  // Some engines take the 30th of February for the 1st or 2nd of March.
  return year !== "0000" && !Number.isNaN(date.valueOf()) && date.getUTCDate() === Number(day);
}

/** Each digit one more than the one before, or each one less; 0 follows 9. */
function isRun(pin: string): boolean {
  const steps = new Set([...pin].slice(1).map((digit, i) => (Number(digit) - Number(pin[i]) + 10) % 10));
  return steps.size === 1 && (steps.has(1) || steps.has(9));
}

/** 121212, 123123 and 112233: all that is made by repeating digits or groups of them. */
function isRepeated(pin: string): boolean {
  const isGroups = pin === pin.slice(0, 2).repeat(3) || pin === pin.slice(0, 3).repeat(2);
  return isGroups || (pin[0] === pin[1] && pin[2] === pin[3] && pin[4] === pin[5]);
}

async function orNothing(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ProblemError && error.status === 404) {
      return null;
    }
    throw error;
  }
}
