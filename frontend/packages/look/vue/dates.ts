/** Dates and times as the look has them: 2026-11-24, 09:26, "today" within the day; in the phone's time zone. */

/** Of 24 hours. */
export const DAY_MS = 86_400_000;

const pad = (n: number): string => String(n).padStart(2, "0");

/** 2026-11-24. */
export function day(ms: number): string {
  const at = new Date(ms);
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
}

/** 09:26. */
export function time(ms: number): string {
  const at = new Date(ms);
  return `${pad(at.getHours())}:${pad(at.getMinutes())}`;
}

/** 2026-11-24 09:26. */
export function moment(ms: number): string {
  return `${day(ms)} ${time(ms)}`;
}

/** 2026-11-24 09:26:09 UTC+08:00, for what others read elsewhere. */
export function exact(ms: number): string {
  const at = new Date(ms);
  const offset = -at.getTimezoneOffset();
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${moment(ms)}:${pad(at.getSeconds())} UTC${offset < 0 ? "-" : "+"}${pad(hours)}:${pad(minutes)}`;
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
