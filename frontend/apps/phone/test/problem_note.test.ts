// @vitest-environment happy-dom
/** Error messages for users: a sentence and a reference for customer service, but no error code. */

import { PhoneError, ProblemError } from "@mshield/shield";
import { mount } from "@vue/test-utils";
import { expect, test } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";

import ProblemNote from "../src/parts/ProblemNote.vue";
import entries from "../src/screens/me/faq/entries.json" with { type: "json" };
import FaqEntryScreen from "../src/screens/me/faq/FaqEntryScreen.vue";
import ScanEnded from "../src/screens/request/scan/ScanEnded.vue";
import { i18n } from "../src/words/i18n.ts";
import { mounted } from "./mounted.ts";

const CODE = /[a-z]+_[a-z]+/;

test("no error code is in a note about an error", async () => {
  const extra = { request_id: "5f2b9c1d-2233-4455-8899-aabbccddeeff" };
  const refused = new ProblemError("no_filing", 404, undefined, {
    zh: "没有找到符合条件的法人或操作员",
    extra,
  });
  for (const problem of [refused, new PhoneError("weak_pin"), new PhoneError("same_pin")]) {
    for (const part of [ProblemNote, ScanEnded]) {
      const { wrapper } = await mounted(part, { problem });
      expect(wrapper.text()).not.toMatch(CODE);
      expect(wrapper.text()).toContain(problem.zh);
      wrapper.unmount();
    }
  }
  const { wrapper } = await mounted(ProblemNote, { problem: refused });
  expect(wrapper.text()).toContain("错误编号 5f2b9c1d");
  wrapper.unmount();
});

test("no error code is in the answers of the FAQ", async () => {
  const routes = [
    { path: "/faq/:id", component: FaqEntryScreen },
    { path: "/:any(.*)*", component: ProblemNote },
  ];
  const router = createRouter({ history: createMemoryHistory(), routes });
  await router.push("/faq/3.8");
  const wrapper = mount(FaqEntryScreen, { global: { plugins: [i18n, router] } });
  expect(wrapper.text()).toContain("PIN 码不正确");
  expect(wrapper.text()).not.toMatch(CODE);
  wrapper.unmount();
});

test("the message for a shield on hold also says that there was no login", () => {
  const said = JSON.stringify(entries).match(/"code":"held"[^}]*/)?.[0] ?? "";
  expect(said).toContain("没有登录，也没有签名");
});
