/** Numbers and times as people read them. */

import { settings } from "@mshield/desk/settings.ts";
import { DAY_MS } from "@mshield/look/vue/dates.ts";

/** 6,418. */
export function count(n: number): string {
  return n.toLocaleString("en-US");
}

/** 214 ms, 1.8 s; the service's own times. None at all is less than was counted. */
export function millis(ms: number): string {
  if (ms === 0) return "< 1 ms";
  if (ms < 0.1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

const UNITS: readonly (readonly [ms: number, unit: Intl.RelativeTimeFormatUnit])[] = [
  [365 * DAY_MS, "year"],
  [DAY_MS, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [0, "second"],
];

/** "in 3 days", "2 hours ago". */
export function relative(at: number, now = Date.now()): string {
  const words = new Intl.RelativeTimeFormat(settings.language, { numeric: "always" });
  const [ms, unit] = UNITS.find(([least]) => Math.abs(at - now) >= least)!;
  return spaced(words.format(Math.trunc((at - now) / (ms || 1000)), unit));
}

/** A period in words: 60 is a minute. */
export function period(seconds: number): string {
  const [n, unit] =
    seconds % 3600 === 0
      ? [seconds / 3600, "hour"]
      : seconds % 60 === 0
        ? [seconds / 60, "minute"]
        : [seconds, "second"];
  const words = new Intl.NumberFormat(settings.language, {
    style: "unit",
    unit: unit as string,
    unitDisplay: "long",
  });
  return spaced(words.format(n as number));
}

/** As all texts have it: "3 分钟". */
function spaced(words: string): string {
  return words.replace(/\d(?=\p{Script=Han})/gu, "$& ");
}

/** Of fewer no share is told: one more or less would be a jump. */
export const FEW = 30;

/** How much more or less than before: +4%, −0.3%, and where that says nothing by how many; null where it tells nothing. */
export function change(now: number, before: number): string | null {
  const more = now - before;
  // The same: both numbers stand there, and "±0%" would be read of the larger one beside them.
  if (before < FEW || more === 0) return null;
  const sign = more > 0 ? "+" : "−";
  const share = (Math.abs(more) / before) * 100;
  if (share < 0.1) return `${sign}${count(Math.abs(more))}`;
  return `${sign}${share < 10 ? share.toFixed(1) : Math.round(share)}%`;
}
