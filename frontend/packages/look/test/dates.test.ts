/**
 * Times are displayed in the zone that the service names, whatever the device's, and fields are read in it.
 */

import { afterEach, beforeEach, expect, test } from "vitest";

import {
  day,
  dayAfter,
  exact,
  exactInServiceZone,
  instantOf,
  isSameDay,
  moment,
  setServiceZone,
  startOfDay,
  setTimeZone,
  zoneIn,
} from "../vue/dates.ts";

const zone = (name: string) => ({ name, zh: `${name} 时间`, en: `${name} time` });
const AT = Date.UTC(2026, 10, 24, 17, 26, 9);
const device = process.env["TZ"];

beforeEach(() => {
  process.env["TZ"] = "America/Caracas";
});
afterEach(() => {
  setTimeZone(null);
  setServiceZone(null);
  if (device === undefined) delete process.env["TZ"];
  else process.env["TZ"] = device;
});

test("a phone in another zone shows its own and the service's beside it", () => {
  setServiceZone(zone("Asia/Shanghai"));
  expect(moment(AT)).toBe("2026-11-24 13:26 UTC-04:00");
  expect(exact(AT)).toBe("2026-11-24 13:26:09 UTC-04:00");
  expect(exactInServiceZone(AT)).toBe("2026-11-25 01:26:09 UTC+08:00");
  process.env["TZ"] = "Australia/Perth"; // other name, same clocks
  expect([moment(AT), exactInServiceZone(AT)]).toEqual(["2026-11-25 01:26", null]);
  setServiceZone(zone("Nowhere/Such"));
  process.env["TZ"] = "Europe/Berlin";
  expect([moment(AT), exactInServiceZone(AT)]).toEqual(["2026-11-24 18:26", null]);
});

test("uses the device's zone until another is set", () => {
  expect(exact(AT)).toBe("2026-11-24 13:26:09 UTC-04:00");
  expect(zoneIn("zh")).toBe("America/Caracas");
  expect(new Date(instantOf("2026-11-24")).toISOString()).toBe("2026-11-24T04:00:00.000Z");
});

test.each([
  ["Asia/Shanghai", "2026-11-25 01:26:09 UTC+08:00", "2026-11-24T16:00:00.000Z"],
  ["Asia/Kolkata", "2026-11-24 22:56:09 UTC+05:30", "2026-11-23T18:30:00.000Z"],
  ["UTC", "2026-11-24 17:26:09 UTC+00:00", "2026-11-24T00:00:00.000Z"],
  ["Europe/Berlin", "2026-11-24 18:26:09 UTC+01:00", "2026-11-23T23:00:00.000Z"],
])("in %s", (name, shown, began) => {
  setTimeZone(zone(name));
  expect(exact(AT)).toBe(shown);
  expect(moment(AT)).toBe(shown.slice(0, 16));
  expect(day(AT)).toBe(shown.slice(0, 10));
  expect(new Date(startOfDay(AT)).toISOString()).toBe(began);
  expect(moment(instantOf(shown.slice(0, 16).replace(" ", "T")))).toBe(shown.slice(0, 16));
  expect(zoneIn("zh")).toBe(`${name} 时间`);
  expect(zoneIn("en")).toBe(`${name} time`);
});

test("where clocks change, a day has its own length, and a last day is included entirely", () => {
  setTimeZone(zone("Europe/Berlin"));
  expect(instantOf(dayAfter("2026-03-29")) - instantOf("2026-03-29")).toBe(23 * 3_600_000);
  expect(instantOf(dayAfter("2026-10-25")) - instantOf("2026-10-25")).toBe(25 * 3_600_000);
  expect(dayAfter("2026-12-31")).toBe("2027-01-01");
  expect(isSameDay(Date.UTC(2026, 2, 28, 23), Date.UTC(2026, 2, 29, 21, 59))).toBe(true);
});

test("ignores a zone that the browser doesn't know; an empty field is not a time", () => {
  setTimeZone(zone("Asia/Nowhere"));
  expect(zoneIn("en")).toBe("America/Caracas");
  expect(instantOf("")).toBeNaN();
  setTimeZone(zone("Asia/Shanghai"));
  expect(instantOf("")).toBeNaN();
});
