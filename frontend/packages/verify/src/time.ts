/** Moments in ms since 1970 from the digits of ASN.1's times. */

import { FormError } from "@mshield/forms";

const FORM = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/** Reads `YYYYMMDDHHMMSSZ`. Throws: FormError if it isn't a moment. */
export function moment(text: string): number {
  const parts = FORM.exec(text)?.slice(1).map(Number);
  if (parts === undefined) {
    throw new FormError("a time is not YYYYMMDDHHMMSSZ");
  }
  const [year, month, day, hour, minute, second] = parts as [number, number, number, number, number, number];
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day); // not Date.UTC, which reads the year 26 as 1926
  at.setUTCHours(hour, minute, second);
  const calendar = [
    at.getUTCFullYear(),
    at.getUTCMonth() + 1,
    at.getUTCDate(),
    at.getUTCHours(),
    at.getUTCMinutes(),
    at.getUTCSeconds(),
  ];
  if (year < 1 || calendar.some((value, i) => value !== parts[i])) {
    throw new FormError("no such moment");
  }
  return at.getTime();
}
