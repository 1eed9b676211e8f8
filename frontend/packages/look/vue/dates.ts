/**
 * Dates and times in the look's format: 2026-11-24, 09:26, "today" within the day. They are in the zone that
 * the service names, if a desk page has fetched it (`setTimeZone`), so that screens and files agree;
 * otherwise in the device's zone, which a phone names if the service's clocks differ (`setServiceZone`).
 */

import { shallowRef } from "vue";

/** A day of 24 hours. */
export const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** A time zone by its IANA name, and in words with its offset. */
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

/**
 * Sets the zone for all times; null for the device's. A zone that the browser doesn't know changes nothing.
 */
export function setTimeZone(zone: TimeZone | null): void {
  named.value = zone === null ? null : (known(zone) ?? named.value);
}

/** Makes times name the device's zone if clocks in this zone differ; null for never. */
export function setServiceZone(zone: TimeZone | null): void {
  others.value = zone === null ? null : known(zone);
}

/** Returns the zone; null if the browser doesn't know it, having an older list. */
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

/** Returns the zone of all times, in words. */
export function zoneIn(language: "zh" | "en"): string {
  return named.value?.zone[language] ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Returns how far a zone's clocks (null: the device's) are ahead of UTC at a time (ms). */
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
/** Returns a date whose UTC fields are what the zone's clocks show. */
const clock = (ms: number, zone = named.value): Date => new Date(ms + offset(ms, zone));
const isElsewhere = (ms: number): boolean =>
  others.value !== null && Number.isFinite(ms) && offset(ms) !== offset(ms, others.value);

/** Formats as 2026-11-24. */
export function day(ms: number): string {
  const at = clock(ms);
  return `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())}`;
}

/** Formats as 09:26. */
export function time(ms: number): string {
  const at = clock(ms);
  return `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}`;
}

/** Formats as 2026-11-24 09:26; as 2026-11-24 09:26 UTC+01:00 if the service's clocks differ. */
export function moment(ms: number): string {
  return `${day(ms)} ${time(ms)}${isElsewhere(ms) ? ` ${ahead(ms)}` : ""}`;
}

/** Formats as 2026-11-24 09:26:09 UTC+08:00, for readers elsewhere. */
export function exact(ms: number): string {
  return exactIn(ms, named.value);
}

/** Formats the time in the service's zone if that differs; otherwise null. */
export function exactInServiceZone(ms: number): string | null {
  return isElsewhere(ms) ? exactIn(ms, others.value) : null;
}

function exactIn(ms: number, zone: Named | null): string {
  const shown = clock(ms, zone).toISOString();
  return `${shown.slice(0, 10)} ${shown.slice(11, 19)} ${ahead(ms, zone)}`;
}

/** Formats the offset as UTC+08:00. */
function ahead(ms: number, zone = named.value): string {
  const by = offset(ms, zone) / MINUTE_MS;
  const [hours, minutes] = [Math.trunc(Math.abs(by) / 60), Math.abs(by) % 60];
  return `UTC${by < 0 ? "-" : "+"}${pad(hours)}:${pad(minutes)}`;
}

/**
 * Returns when the zone's clocks show a field's value, 2026-11-24 or 2026-11-24T09:26 (ms); NaN for an empty
 * field.
 */
export function instantOf(field: string): number {
  const shown = Date.parse(`${field.length > 10 ? field : `${field}T00:00`}Z`);
  // If clocks change in between, the offset afterwards is used.
  return shown - offset(shown - offset(shown));
}

/** Returns the next day: 2026-12-01 after 2026-11-30. */
export function dayAfter(date: string): string {
  return new Date(Date.parse(`${date}T00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}

/** Returns the start of the day that contains a time (ms). */
export function startOfDay(ms: number): number {
  return instantOf(day(ms));
}

/** Reports whether both are on one day. */
export function isSameDay(a: number, b: number): boolean {
  return day(a) === day(b);
}

/** Returns hours left, rounded up, or minutes below one hour, as `{ unit, n }` for words. */
export function span(ms: number): { readonly unit: "hours" | "minutes"; readonly n: number } {
  const minutes = Math.max(1, Math.ceil(ms / 60_000));
  return minutes > 60 ? { unit: "hours", n: Math.ceil(minutes / 60) } : { unit: "minutes", n: minutes };
}
