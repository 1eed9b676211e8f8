/** The history grouped by month, and the months to jump to. */

import type { SignatureRecord, SignedMonth } from "@mshield/shield";

import { DAY_MS, day, instantOf, isSameDay, time } from "@mshield/look/vue/dates.ts";
import type { Translator } from "@mshield/look/vue/words.ts";

export interface Month {
  /** For example 2026-11. */
  readonly month: string;
  readonly items: readonly SignatureRecord[];
}

/** A month or an earlier year to jump to; `month` is the newest one of the year. */
export interface Jump {
  readonly month: string;
  readonly year: number | null;
}

/** Groups the items, which are sorted newest first. */
export function byMonth(items: readonly SignatureRecord[]): Month[] {
  const months = new Map<string, SignatureRecord[]>();
  for (const item of items) {
    const month = day(item.signedAt).slice(0, 7);
    months.set(month, [...(months.get(month) ?? []), item]);
  }
  return [...months].map(([month, records]) => ({ month, items: records }));
}

/** Returns the months of the year of `now` (ms), and the earlier years. */
export function jumpsOf(months: readonly Pick<SignedMonth, "month">[], now: number): Jump[] {
  const thisYear = Number(day(now).slice(0, 4));
  const jumps = new Map<number | string, Jump>();
  for (const { month } of months) {
    const year = Number(month.slice(0, 4));
    const of = year < thisYear ? year : month;
    if (!jumps.has(of)) {
      jumps.set(of, { month, year: year < thisYear ? year : null });
    }
  }
  return [...jumps.values()];
}

/** Returns the end of a month (2026-11) in ms. */
export function endOf(month: string): number {
  const [year, number] = month.split("-").map(Number) as [number, number];
  const next = number === 12 ? [year + 1, 1] : [year, number + 1];
  return instantOf(
    next
      .map((part) => String(part).padStart(2, "0"))
      .concat("01")
      .join("-"),
  );
}

/** Returns the heading of a month. */
export function monthName(month: string, { t, language }: { t: Translator["t"]; language: string }): string {
  const [year, number] = month.split("-").map(Number) as [number, number];
  return language === "zh"
    ? t("monthOf", { year, month: number })
    : named(month, { month: "long", year: "numeric" });
}

/** Returns the short name of a month to jump to. */
export function jumpName(
  { month, year }: Jump,
  { t, language }: { t: Translator["t"]; language: string },
): string {
  if (year !== null) {
    return String(year);
  }
  return language === "zh" ? t("month", { month: Number(month.slice(5)) }) : named(month, { month: "short" });
}

const named = (month: string, form: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat("en", { ...form, timeZone: "UTC" }).format(Date.parse(`${month}-01T00:00Z`));

/** Returns the time of a row at `now` (ms): today 09:26, 12-01 16:02, 2025-12-01. */
export function rowTime(at: number, now: number, { t }: Pick<Translator, "t">): string {
  if (isSameDay(at, now)) {
    return t("todayAt", { time: time(at) });
  }
  if (isSameDay(at, now - DAY_MS)) {
    return t("yesterdayAt", { time: time(at) });
  }
  const date = day(at);
  return date.slice(0, 4) === day(now).slice(0, 4) ? `${date.slice(5)} ${time(at)}` : date;
}
