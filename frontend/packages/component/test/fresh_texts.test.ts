import { expect, test } from "vitest";

import { FreshTexts } from "../src/fresh_texts.ts";

function clocks() {
  const now = { steady: 1_000, wall: 5_000_000 };
  return { now, steady: () => now.steady, wall: () => now.wall };
}

test("returns each text during its own second, and none after the last", () => {
  const at = clocks();
  const texts = new FreshTexts(["a", "b", "c"], 1000, at);
  const seen = [];
  for (let ms = 0; ms <= 3_500; ms += 500) {
    at.now.steady = 1_000 + ms;
    seen.push(texts.now);
  }
  expect(seen).toEqual(["a", "a", "b", "b", "c", "c", null, null]);
});

test("a computer that slept shows no old code, although its own clock stopped", () => {
  const at = clocks();
  const texts = new FreshTexts(["a", "b"], 1000, at);
  at.now.wall += 60_000;
  expect(texts.now).toBeNull();
});

test("setting the calendar back changes nothing", () => {
  const at = clocks();
  const texts = new FreshTexts(["a", "b"], 1000, at);
  at.now.wall -= 3_600_000;
  at.now.steady += 1_100;
  expect(texts.now).toBe("b");
});
