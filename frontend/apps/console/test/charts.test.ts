// @vitest-environment happy-dom
import { i18n } from "@mshield/desk/i18n.ts";
import { mount } from "@vue/test-utils";
import { expect, test } from "vitest";

import { formatChange } from "../src/engine/numbers.ts";
import LineChart from "../src/parts/charts/LineChart.vue";
import { axis, path, widths } from "../src/parts/charts/scale.ts";

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

test("a line has gaps for unknown values", () => {
  expect(path([[0, 1], null, [2, 3], [4, 5]])).toBe("M0.0 1.0M2.0 3.0L4.0 5.0");
});

test("the parts of a bar fit into it, and each is visible", () => {
  expect(widths([100, 0, 100])).toEqual([50, 0, 50]);
  const wide = widths([41_260, 2_918, 407, 186, 6_034]);
  expect(wide.reduce((sum, width) => sum + width, 0)).toBeCloseTo(100);
  expect(Math.min(...wide)).toBe(1);
  expect(widths([0, 0])).toEqual([0, 0]);
});

test.each([
  [7367, 6900, "+6.8%"],
  [6913, 6900, "+0.2%"],
  [6901, 6900, "+1"],
  [6900, 6900, null],
  [6800, 6900, "−1.4%"],
  [12_000, 6900, "+74%"],
  [31, 29, null],
  [5, 0, null],
])("%d after %d is %s", (now, before, words) => {
  expect(formatChange(now, before)).toBe(words);
});

test("the incomplete hour is a dot and a row, and not a fall of the line", () => {
  const labels = ["00:00", "01:00", "02:00", "03:00"];
  const props = { title: "", labels, values: [0, 2], before: [1, 1, 1, 1], name: "", beforeName: "" };
  const chart = mount(LineChart, { props: { ...props, running: 3 }, global: { plugins: [i18n] } });
  expect(chart.findAll(".open")).toHaveLength(1);
  expect(chart.find("path.line").attributes("d")!.match(/[ML]/g)).toHaveLength(2);
  expect(chart.findAll("tbody td:nth-of-type(1)").map((cell) => cell.text())).toEqual([
    "0",
    "2",
    "3（到现在）",
    "–",
  ]);
});
