import { expect, test } from "vitest";

import { axis, path } from "../src/parts/charts/scale.ts";

test.each([
  [0, [0, 1]],
  [1, [0, 1]],
  [4, [0, 1, 2, 3, 4]],
  [7, [0, 2, 4, 6, 8]],
  [840, [0, 500, 1000]],
  [1000, [0, 500, 1000]],
  [6418, [0, 2000, 4000, 6000, 8000]],
])("an axis to %d", (most, marks) => {
  expect(axis(most)).toEqual(marks);
});

test("a line has a gap where nothing is known", () => {
  expect(path([[0, 1], null, [2, 3], [4, 5]])).toBe("M0.0 1.0M2.0 3.0L4.0 5.0");
});
