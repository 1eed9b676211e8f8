// @vitest-environment happy-dom
/** A group drawn by a view has one heading, even if its only row has the same label. */

import { expect, test } from "vitest";

import DrawnGroup from "../src/screens/request/drawn/DrawnGroup.vue";
import { mounted } from "./mounted.ts";

const row = (label: string): object => ({
  label,
  as: "text",
  text: "兹申明对以上内容承担如实申报之法律责任。",
});

test.for([
  ["声明", [row("声明")], 1],
  ["声明", [row("申报人声明")], 2],
  ["声明", [row("声明"), row("日期")], 2],
] as const)("%s over %o", async ([label, rows, times]) => {
  const { wrapper } = await mounted(DrawnGroup, { label, rows, isFirst: false });
  expect(wrapper.text().split("声明")).toHaveLength(times + 1);
  wrapper.unmount();
});
