/** The history grouped by day: today, yesterday, then by date. */

import type { SignatureRecord } from "@mshield/shield";

import { day, isSameDay } from "@mshield/look/vue/dates.ts";
import type { Translator } from "@mshield/look/vue/words.ts";

export interface Day {
  /** For example 2026-11-25. */
  readonly day: string;
  readonly items: readonly SignatureRecord[];
}

/** Groups the items, which are sorted newest first. */
export function byDay(items: readonly SignatureRecord[]): Day[] {
  const days = new Map<string, SignatureRecord[]>();
  for (const item of items) {
    const on = day(item.signedAt);
    days.set(on, [...(days.get(on) ?? []), item]);
  }
  return [...days].map(([on, records]) => ({ day: on, items: records }));
}

/** Returns the heading of a day at `now` (ms). */
export function dayName(at: number, now: number, { t }: Translator): string {
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (isSameDay(at, now)) {
    return t("today");
  }
  if (isSameDay(at, yesterday.getTime())) {
    return t("yesterday");
  }
  const date = new Date(at);
  const values = { year: date.getFullYear(), month: date.getMonth() + 1, day: date.getDate() };
  return t(values.year === new Date(now).getFullYear() ? "thisYear" : "otherYear", values);
}
