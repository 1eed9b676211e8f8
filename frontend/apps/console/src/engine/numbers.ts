/** Numbers and times in readable form. */

import { settings } from "@mshield/desk/settings.ts";
import { DAY_MS } from "@mshield/look/vue/dates.ts";

/** Formats as 6,418. */
export function count(n: number): string {
  return n.toLocaleString("en-US");
}

/** Formats as 214 ms or 1.8 s, for the service's own times. Zero means less than was measured. */
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

/** Formats as "in 3 days" or "2 hours ago". */
export function relative(at: number, now = Date.now()): string {
  const words = new Intl.RelativeTimeFormat(settings.language, { numeric: "always" });
  const [ms, unit] = UNITS.find(([least]) => Math.abs(at - now) >= least)!;
  return spaced(words.format(Math.trunc((at - now) / (ms || 1000)), unit));
}

/** Formats a period in words: 60 is a minute. */
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

/** Adds spaces as in all texts, "3 分钟", and says 秒 for 秒钟. */
function spaced(words: string): string {
  return words.replace(/\d(?=\p{Script=Han})/gu, "$& ").replace("秒钟", "秒");
}

/** Minimum number for percentages; below it, a difference of one would look like a jump. */
export const MIN_FOR_PERCENT = 30;

/**
 * Returns the change: +4%, −0.3%, or an absolute number if a percentage means nothing; null if there is
 * nothing to report.
 */
export function formatChange(now: number, before: number): string | null {
  const more = now - before;
  // Both numbers are displayed, and "±0%" would seem to refer to the larger one beside them.
  if (before < MIN_FOR_PERCENT || more === 0) return null;
  const sign = more > 0 ? "+" : "−";
  const share = (Math.abs(more) / before) * 100;
  if (share < 0.1) return `${sign}${count(Math.abs(more))}`;
  return `${sign}${share < 10 ? share.toFixed(1) : Math.round(share)}%`;
}
