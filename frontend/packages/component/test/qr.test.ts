import { expect, test } from "vitest";

import { draw, pixels, QUIET } from "../src/qr.ts";

const TEXT = "https://shield.example/q/01936b2e-7a41-7c52-8f3a-4a1d2c6b9e70?t=17&c=3q2-7wEjRWeJq83vEjRWeA";

test("the path has the code's dark modules inside the quiet zone", () => {
  const { side, path } = draw(TEXT);
  const dark = new Set<string>();
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
    for (let i = 0; i < Number(width); i++) dark.add(`${Number(x) + i},${y}`);
  }
  expect(side).toBe(49 + 2 * QUIET);
  // The finder pattern's corners and centre, and the white ring inside.
  for (const [x, y] of [
    [0, 0],
    [6, 6],
    [3, 3],
    [48, 0],
    [0, 48],
  ]) {
    expect(dark.has(`${x! + QUIET},${y! + QUIET}`)).toBe(true);
  }
  expect(dark.has(`${1 + QUIET},${1 + QUIET}`)).toBe(false);
  for (const place of dark) {
    const [x, y] = place.split(",").map(Number);
    expect(Math.min(x!, y!)).toBeGreaterThanOrEqual(QUIET);
    expect(Math.max(x!, y!)).toBeLessThan(side - QUIET);
  }
});

test("another second gives another code", () => {
  expect(draw(TEXT).path).not.toBe(draw(TEXT.replace("t=17", "t=18")).path);
});

test("modules are whole pixels if that is close to 220", () => {
  expect(pixels(57)).toBe(228);
  expect(pixels(61)).toBe(220);
  for (let side = 29; side < 140; side += 4) {
    expect(pixels(side)).toBeGreaterThanOrEqual(200);
    expect(pixels(side)).toBeLessThanOrEqual(236);
  }
});
