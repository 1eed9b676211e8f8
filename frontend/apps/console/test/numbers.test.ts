/**
 * Numbers and times in words: in Chinese there is a space between digits and words, as in all other texts.
 */

import { settings } from "@mshield/desk/settings.ts";
import { DAY_MS } from "@mshield/look/vue/dates.ts";
import { expect, test } from "vitest";

import { period, relative } from "../src/engine/numbers.ts";

const NOW = Date.UTC(2026, 10, 30);

test.for([
  ["zh", ["40 分钟后", "3 天前"], ["1 小时", "10 分钟", "30 秒"]],
  ["en", ["in 40 minutes", "3 days ago"], ["1 hour", "10 minutes", "30 seconds"]],
] as const)("in %s", ([language, moments, periods]) => {
  settings.language = language;
  expect([40 * 60_000, -3 * DAY_MS].map((later) => relative(NOW + later, NOW))).toEqual(moments);
  expect([3600, 600, 30].map(period)).toEqual(periods);
});
