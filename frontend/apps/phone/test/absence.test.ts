import { describe, expect, test } from "vitest";

import { Absence, isLockedAtStart, LOCK_AFTER_MS } from "../src/engine/absence.ts";

function clocks() {
  const at = { wall: 1_700_000_000_000, steady: 1000 };
  const absence = new Absence({ wall: () => at.wall, steady: () => at.steady });
  return { at, absence };
}

describe("time in the background", () => {
  test("counts as long from five minutes on", () => {
    const { at, absence } = clocks();
    absence.leave();
    at.wall += LOCK_AFTER_MS - 1;
    expect(absence.isLong).toBe(false);
    at.wall += 1;
    expect(absence.isLong).toBe(true);
  });

  test("uses the larger value if one clock stood still", () => {
    const { at, absence } = clocks();
    absence.leave();
    at.steady += LOCK_AFTER_MS;
    expect(absence.isLong).toBe(true);
  });

  test("counts as long if the wall clock was set back", () => {
    const { at, absence } = clocks();
    absence.leave();
    at.wall -= 1;
    expect(absence.isLong).toBe(true);
  });

  test("starts at the first sign of leaving, and again after each return", () => {
    const { at, absence } = clocks();
    absence.leave();
    at.wall += LOCK_AFTER_MS - 1;
    absence.leave();
    at.wall += 1;
    expect(absence.isLong).toBe(true);
    absence.comeBack();
    expect(absence.isLong).toBe(false);
    absence.leave();
    expect(absence.isLong).toBe(false);
  });
});

test.each([
  [null, true],
  [1_000_000, false],
  [1_000_000 - LOCK_AFTER_MS + 1, false],
  [1_000_000 - LOCK_AFTER_MS, true],
  [1_000_001, true],
])("start after being left at %s: locked is %s", (left, isLocked) => {
  expect(isLockedAtStart(left, 1_000_000)).toBe(isLocked);
});
