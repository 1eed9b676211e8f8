/**
 * The amounts this person usually signs for a business system, by currency. They are stored on this phone
 * only, never sent, and deleted at logout or when the shield changes. They only add a remark to an amount;
 * nothing is allowed or refused because of them.
 */

import type { Requester, Task } from "@mshield/shield";
import { type Decimal, plainNumber, readDecimal } from "@mshield/views/numbers.ts";

const NAME = "mshield-usual";
/** Limits: newest amounts stored per system and currency, and number of such pairs. */
const MOST_AMOUNTS = 30;
const MOST_PLACES = 50;
/** Minimum number of amounts before any comparison. */
const FEWEST = 10;
const TIMES = 3n;

type Asker = Pick<Requester, "clientId">;
type Read = Pick<Task, "reading">;
/** Amounts by system and currency, most recently used last. */
type Places = Map<string, readonly string[]>;

/** Returns whether an amount of the task is above all stored ones and above three times their median. */
export function isUnusuallyHigh(owner: string, asker: Asker, task: Read): boolean {
  const places = readPlaces(owner);
  return amountsOf(task).some(({ currency, number }) => {
    const amounts = places.get(placeOf(asker, currency)) ?? [];
    if (amounts.length < FEWEST) {
      return false;
    }
    const scaled = amounts
      .map(scale)
      // oxlint-disable-next-line unicorn/no-array-sort -- many phones' browsers lack toSorted
      .sort((a, b) => (a < b ? -1 : 1));
    const [median, highest] = [scaled[(scaled.length - 1) >> 1]!, scaled.at(-1)!];
    return scale(number) > highest && scale(number) > TIMES * median;
  });
}

/** Stores the amounts of signed tasks. */
export function storeAmounts(owner: string, asker: Asker, tasks: readonly Read[]): void {
  const places = readPlaces(owner);
  for (const { currency, number } of tasks.flatMap(amountsOf)) {
    const place = placeOf(asker, currency);
    const known = places.get(place) ?? [];
    places.delete(place);
    places.set(place, [...known, number].slice(-MOST_AMOUNTS));
  }
  const newest = [...places].slice(-MOST_PLACES);
  try {
    localStorage.setItem(NAME, JSON.stringify({ owner, places: newest }));
  } catch {
    // If storage is full, no comparison is made.
  }
}

export function forgetAmounts(): void {
  localStorage.removeItem(NAME);
}

const placeOf = ({ clientId }: Asker, currency: string): string => JSON.stringify([clientId, currency]);

/** Returns the task's amounts above zero, as read by the view. */
function amountsOf({ reading }: Read): { readonly currency: string; readonly number: string }[] {
  return (reading?.key?.amount?.values ?? []).flatMap(({ currency, number }) => {
    const decimal = readDecimal(number, false);
    return decimal === null || decimal.isMinus || scaledOf(decimal) === 0n
      ? []
      : [{ currency: currency ?? "", number: plainNumber(decimal) }];
  });
}

/** Returns the exact value scaled by 10^12, for up to twelve decimals. */
const scaledOf = ({ whole, fraction }: Decimal): bigint => BigInt(`${whole}${fraction.padEnd(12, "0")}`);
const scale = (number: string): bigint => scaledOf(readDecimal(number, false)!);

/** Returns the stored amounts; none if they belong to another shield or are malformed. */
function readPlaces(owner: string): Places {
  try {
    const record = JSON.parse(localStorage.getItem(NAME) ?? "null") as {
      owner?: unknown;
      places?: unknown;
    } | null;
    if (record?.owner !== owner || !Array.isArray(record.places)) {
      return new Map();
    }
    return new Map((record.places as unknown[]).flatMap(parsePlace).slice(-MOST_PLACES));
  } catch {
    return new Map();
  }
}

function parsePlace(value: unknown): [string, readonly string[]][] {
  const [place, numbers] = Array.isArray(value) ? (value as unknown[]) : [];
  const isGood =
    typeof place === "string" &&
    Array.isArray(numbers) &&
    numbers.length <= MOST_AMOUNTS &&
    numbers.every((number) => typeof number === "string" && readDecimal(number, false) !== null);
  return isGood ? [[place, numbers as readonly string[]]] : [];
}
