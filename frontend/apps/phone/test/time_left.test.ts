// @vitest-environment happy-dom
/** The last minute of a signature request: the time left, and the extension while there is one. */

import { mount } from "@vue/test-utils";
import { expect, test } from "vitest";

import { useTask } from "../src/engine/task.ts";
import TimeLeft from "../src/screens/request/confirm/TimeLeft.vue";
import { i18n } from "../src/words/i18n.ts";

const NOW = 1_795_500_000_000;

function left(prolongsBy: number | null, expiresAt = NOW + 42_000) {
  const props = { expiresAt, prolongsBy, now: NOW, task: useTask() };
  return mount(TimeLeft, { props, global: { plugins: [i18n] } });
}

test("it counts down, and extends once", async () => {
  const shown = left(443_000);
  expect(shown.text()).toContain("还剩 0:42");
  expect(shown.find("button").text()).toBe("还没看完，延长 7 分钟");
  await shown.find("button").trigger("click");
  expect(shown.emitted("prolong")).toHaveLength(1);
});

test("an extended request has no button, and an ended one no negative time", () => {
  expect(left(null).find("button").exists()).toBe(false);
  expect(left(null, NOW - 5000).text()).toContain("还剩 0:00");
});
