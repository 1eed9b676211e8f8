/** Dates in content, displayed in one form and never converted (views, "Values"). */

const TIME = "([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?";
const FORMS = [
  /^([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2}))?$/,
  new RegExp(`^([0-9]{4})-([0-9]{2})-([0-9]{2})(?: ${TIME})?$`),
  /^([0-9]{4})\/([0-9]{2})\/([0-9]{2})$/,
  /^([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日$/,
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?$/,
];
const ZONE = /^[+-](?:0[0-9]|1[0-4]):[0-5][0-9]$/;

/** Reads a date as `YYYY-MM-DD`, with time and zone if given; null if it isn't a date. */
export function readDate(text: string): string | null {
  for (const form of FORMS) {
    const match = form.exec(text);
    if (match !== null) {
      const [, year, month, day, hour, minute, second, zone = ""] = match;
      const date = isoDay(Number(year), Number(month), Number(day));
      const isZone = zone === "" || zone === "Z" || ZONE.test(zone);
      if (date === null || Number(year) < 1000 || !isTime(hour, minute, second) || !isZone) {
        return null;
      }
      const time = [hour, minute, second].filter((part) => part !== undefined).join(":");
      return `${date}${time === "" ? "" : " "}${time}${zone}`;
    }
  }
  return null;
}

/** Returns a day of the Gregorian calendar as `YYYY-MM-DD`; null if it doesn't exist. */
export function isoDay(year: number, month: number, day: number): string | null {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  if (day < 1 || day > days) {
    return null;
  }
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

const two = (value: number): string => String(value).padStart(2, "0");
const isTime = (hour = "00", minute = "00", second = "00"): boolean =>
  hour <= "23" && minute <= "59" && second <= "59";
