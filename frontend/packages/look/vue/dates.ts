/**
 * Dates and times as the look has them: 2026-11-24, 09:26, "today" within the day. In the zone that the service names,
 * where a page at a desk has asked for it (`tellTimesIn`), so that screens and files say the same; else in the device's,
 * which a phone names wherever the service's clocks show something else (`nameZoneBeside`).
 */

import { shallowRef } from "vue";

/** Of 24 hours. */
export const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** A time zone by its name in the IANA's list, and in words with its offset. */
export interface TimeZone {
  readonly name: string;
  readonly zh: string;
  readonly en: string;
}

interface Named {
  readonly zone: TimeZone;
  readonly format: Intl.DateTimeFormat;
}

const named = shallowRef<Named | null>(null);
const others = shallowRef<Named | null>(null);

/** From now on times are told in this zone; null: in the device's. One that the browser doesn't know changes nothing. */
export function tellTimesIn(zone: TimeZone | null): void {
  named.value = zone === null ? null : (known(zone) ?? named.value);
}

/** From now on a time names the device's zone where clocks in this one show another; null: never. */
export function nameZoneBeside(zone: TimeZone | null): void {
  others.value = zone === null ? null : known(zone);
}

/** Null for one that the browser doesn't know: an older list of zones. */
function known(zone: TimeZone): Named | null {
  try {
    const format = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", {
      timeZone: zone.name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    return { zone, format };
  } catch {
    return null;
  }
}

/** The zone in which times are told, in words. */
export function zoneIn(language: "zh" | "en"): string {
  return named.value?.zone[language] ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** How far a zone's clocks (null: the device's) are ahead of UTC at a time (ms). */
function offset(ms: number, zone = named.value): number {
  if (zone === null || !Number.isFinite(ms)) {
    return -new Date(ms).getTimezoneOffset() * MINUTE_MS;
  }
  const parts = new Map(zone.format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type)!;
  const shown = Date.UTC(
    of("year"),
    of("month") - 1,
    of("day"),
    of("hour"),
    of("minute"),
    of("second"),
  );
  return shown - Math.floor(ms / 1000) * 1000;
}

const pad = (n: number): string => String(n).padStart(2, "0");
/** Its UTC fields are what the zone's clocks show. */
const clock = (ms: number, zone = named.value): Date => new Date(ms + offset(ms, zone));
const isElsewhere = (ms: number): boolean =>
  others.value !== null && Number.isFinite(ms) && offset(ms) !== offset(ms, others.value);

/** 2026-11-24. */
export function day(ms: number): string {
  const at = clock(ms);
  return `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())}`;
}

/** 09:26. */
export function time(ms: number): string {
  const at = clock(ms);
  return `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}`;
}

/** 2026-11-24 09:26; beside clocks of the service that show something else 2026-11-24 09:26 UTC+01:00. */
export function moment(ms: number): string {
  return `${day(ms)} ${time(ms)}${isElsewhere(ms) ? ` ${ahead(ms)}` : ""}`;
}

/** 2026-11-24 09:26:09 UTC+08:00, for what others read elsewhere. */
export function exact(ms: number): string {
  return exactIn(ms, named.value);
}

/** The same time as clocks in the service's zone show it, where that is another; else null. */
export function exactBeside(ms: number): string | null {
  return isElsewhere(ms) ? exactIn(ms, others.value) : null;
}

function exactIn(ms: number, zone: Named | null): string {
  const shown = clock(ms, zone).toISOString();
  return `${shown.slice(0, 10)} ${shown.slice(11, 19)} ${ahead(ms, zone)}`;
}

/** UTC+08:00. */
function ahead(ms: number, zone = named.value): string {
  const by = offset(ms, zone) / MINUTE_MS;
  const [hours, minutes] = [Math.trunc(Math.abs(by) / 60), Math.abs(by) % 60];
  return `UTC${by < 0 ? "-" : "+"}${pad(hours)}:${pad(minutes)}`;
}

/** When clocks of the zone show this, as a field gives it: 2026-11-24 or 2026-11-24T09:26 (ms). Of nothing: NaN. */
export function instantOf(field: string): number {
  const shown = Date.parse(`${field.length > 10 ? field : `${field}T00:00`}Z`);
  // Where clocks are changed between the two, the offset after it counts.
  return shown - offset(shown - offset(shown));
}

/** The day after one: 2026-12-01 after 2026-11-30. */
export function dayAfter(date: string): string {
  return new Date(Date.parse(`${date}T00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}

/** When the day began on which a time is (ms). */
export function startOfDay(ms: number): number {
  return instantOf(day(ms));
}

/** Whether both are on one day. */
export function isSameDay(a: number, b: number): boolean {
  return day(a) === day(b);
}

/** Hours left, rounded up, and minutes below one; as `{ unit, n }` for words. */
export function span(ms: number): { readonly unit: "hours" | "minutes"; readonly n: number } {
  const minutes = Math.max(1, Math.ceil(ms / 60_000));
  return minutes > 60 ? { unit: "hours", n: Math.ceil(minutes / 60) } : { unit: "minutes", n: minutes };
}
