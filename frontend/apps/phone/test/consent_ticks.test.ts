// @vitest-environment happy-dom
/** The consents before any data is entered: separate, initially unchecked, in readable words. */

import { expect, test } from "vitest";

import ConsentTicks from "../src/screens/consent/ConsentTicks.vue";
import { mounted } from "./mounted.ts";

test("each consent names its subject and is checked separately", async () => {
  const { wrapper } = await mounted(ConsentTicks, { modelValue: [] });
  const labels = wrapper.findAll("label").map((label) => label.text().replaceAll(/\s+/g, ""));
  expect(labels).toEqual(["我看过并同意用户协议", "我看过并同意隐私政策", "我单独同意处理证件号码"]);
  await wrapper.get<HTMLInputElement>("input[name=sensitive]").setValue(true);
  expect(wrapper.emitted("update:modelValue")).toEqual([[["sensitive"]]]);
});
