/**
 * What this person usually signs for a business system, by currency: kept on this phone alone, told to nobody, gone with the
 * logout or another shield. It only adds a word to an amount; nothing is allowed or refused by it.
 */

import type { Requester, Task } from "@mshield/shield";
import { type Decimal, plainNumber, readDecimal } from "@mshield/views/numbers.ts";

const NAME = "mshield-usual";
/** Amounts that are kept of one system in one currency, the newest; and of how many such. */
const MOST_AMOUNTS = 30;
const MOST_PLACES = 50;
/** Before that nothing is usual yet. */
const FEWEST = 10;
const TIMES = 3n;

type Asker = Pick<Requester, "clientId" | "name" | "domain">;
type Read = Pick<Task, "reading">;
/** By system and currency, what was used last coming last. */
type Places = Map<string, readonly string[]>;

/** Whether an amount of it is above all that is known here, and above three times the median. */
export function isFarAbove(owner: string, asker: Asker, task: Read): boolean {
  const places = kept(owner);
  return amountsOf(task).some(({ currency, number }) => {
    const known = places.get(placeOf(asker, currency)) ?? [];
    if (known.length < FEWEST) {
      return false;
    }
    const scaled = known
      .map(scale)
      // oxlint-disable-next-line unicorn/no-array-sort -- toSorted is younger than the browsers of many phones
      .sort((a, b) => (a < b ? -1 : 1));
    const [median, highest] = [scaled[(scaled.length - 1) >> 1]!, scaled.at(-1)!];
    return scale(number) > highest && scale(number) > TIMES * median;
  });
}

/** Keeps what was signed. */
export function keepSigned(owner: string, asker: Asker, tasks: readonly Read[]): void {
  const places = kept(owner);
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
    // Without room nothing is usual.
  }
}

export function forgetUsual(): void {
  localStorage.removeItem(NAME);
}

const placeOf = ({ clientId, name, domain }: Asker, currency: string): string =>
  JSON.stringify([clientId ?? [name, domain], currency]);

/** Its amounts above zero, as the view reads them. */
function amountsOf({ reading }: Read): { readonly currency: string; readonly number: string }[] {
  return (reading?.key?.amount?.values ?? []).flatMap(({ currency, number }) => {
    const decimal = readDecimal(number, false);
    return decimal === null || decimal.isMinus || scaledOf(decimal) === 0n
      ? []
      : [{ currency: currency ?? "", number: plainNumber(decimal) }];
  });
}

/** Exactly, of up to twelve digits after the point. */
const scaledOf = ({ whole, fraction }: Decimal): bigint => BigInt(`${whole}${fraction.padEnd(12, "0")}`);
const scale = (number: string): bigint => scaledOf(readDecimal(number, false)!);

/** None of another shield's, and of what isn't of this form. */
function kept(owner: string): Places {
  try {
    const record = JSON.parse(localStorage.getItem(NAME) ?? "null") as {
      owner?: unknown;
      places?: unknown;
    } | null;
    if (record?.owner !== owner || !Array.isArray(record.places)) {
      return new Map();
    }
    return new Map((record.places as unknown[]).flatMap(asPlace).slice(-MOST_PLACES));
  } catch {
    return new Map();
  }
}

function asPlace(value: unknown): [string, readonly string[]][] {
  const [place, numbers] = Array.isArray(value) ? (value as unknown[]) : [];
  const isGood =
    typeof place === "string" &&
    Array.isArray(numbers) &&
    numbers.length <= MOST_AMOUNTS &&
    numbers.every((number) => typeof number === "string" && readDecimal(number, false) !== null);
  return isGood ? [[place, numbers as readonly string[]]] : [];
}
