/** Display of an application: differences, time left, the code in groups. */

import { describe, expect, test, vi } from "vitest";

vi.mock("../src/engine/client.ts", () => ({ api: {} }));
const { differenceOf, formatCode, isSameName, timeLeft } = await import("../src/engine/applications.ts");

const HOUR = 3_600_000;

describe("differences", () => {
  test.for([
    ["林知远", "林知远", true, "none"],
    ["林知远", "林知远", false, "phone"],
    ["林知远", "林知远", null, "unfiled"],
    ["林知远", "林志远", true, "name"],
    ["阿依夏木·买买提", "阿依夏木买买提", true, "none"],
    ["CHAN Tai Man", "Chan  Tai Man", true, "none"],
  ] as const)("%s, on file %s, same phone %s: %s", ([name, filed, isSamePhone, verdict]) => {
    expect(differenceOf({ name, filed_name: filed, same_phone: isSamePhone })).toBe(verdict);
  });
  test("ignores width", () => {
    expect(isSameName("ＣＨＡＮ", "CHAN")).toBe(true);
  });
});

test.for([
  [7 * 24 * HOUR, { days: 7, hours: 0 }],
  [6 * 24 * HOUR + 22.5 * HOUR, { days: 6, hours: 23 }],
  [1, { days: 0, hours: 1 }],
  [-1, { days: 0, hours: 0 }],
] as const)("%d ms are %j", ([ms, left]) => {
  expect(timeLeft(1000 + ms, 1000)).toEqual(left);
});

test("prints a code in groups of four", () => {
  expect(formatCode("K7RD4WX92HNM")).toBe("K7RD-4WX9-2HNM");
});
