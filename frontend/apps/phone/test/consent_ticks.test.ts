// @vitest-environment happy-dom
/** What is agreed to before anything is entered: each by itself, empty at first, in words that one can read. */

import { expect, test } from "vitest";
import { nextTick, ref } from "vue";

import ConsentTicks from "../src/screens/consent/ConsentTicks.vue";
import { mounted } from "./mounted.ts";

test("each consent says what it is to, and is ticked by itself", async () => {
  const ticked = ref<readonly string[]>([]);
  const place = mounted(ConsentTicks, {
    modelValue: [],
    "onUpdate:modelValue": (names: readonly string[]) => {
      ticked.value = names;
    },
  });
  const labels = [...place.querySelectorAll("label")].map((label) => label.textContent.replaceAll(/\s+/g, ""));
  expect(labels).toEqual(["我看过并同意用户协议", "我看过并同意隐私政策", "我单独同意处理证件号码"]);
  place.querySelectorAll<HTMLInputElement>("input")[2]!.click();
  await nextTick();
  expect(ticked.value).toEqual(["sensitive"]);
});
