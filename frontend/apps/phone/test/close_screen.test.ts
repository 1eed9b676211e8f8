// @vitest-environment happy-dom
/** Closing an account: shield numbers in groups, a list of what is erased, and documents by their titles. */

import { flushPromises } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import { settings } from "../src/settings.ts";
import { mounted } from "./mounted.ts";

const part = (name: string) => ({ name, zh: name, en: name, whyZh: "", whyEn: "" });
const closing = {
  dueAt: null,
  days: 7,
  by: "pin",
  shields: ["MS13236928706"],
  erased: [part("notices"), part("logins")],
  kept: [],
};
vi.mock("../src/engine/shield.ts", () => ({
  shield: {
    status: async () => ({ isLoggedIn: true }),
    me: async () => ({ account: { phoneMasked: "138****6028" }, certificate: null, renewal: null }),
    closing: async () => closing,
    policies: () => new Promise(() => undefined),
  },
}));

test("the shield number is grouped, and each erased part is listed", async () => {
  const { default: CloseScreen } = await import("../src/screens/consent/CloseScreen.vue");
  const { wrapper } = await mounted(CloseScreen);
  await flushPromises();
  expect(wrapper.get("[aria-label=MS13236928706]").text()).toBe("MS132 3692 8706");
  expect(wrapper.findAll(".parts > span").map((one) => one.text())).toEqual(["notices", "logins"]);
  wrapper.unmount();
});

test("in English a document's title begins with a capital", async () => {
  settings.language = "en";
  const { default: PolicyScreen } = await import("../src/screens/consent/PolicyScreen.vue");
  const { wrapper } = await mounted(PolicyScreen, {}, "/policies/privacy");
  expect(wrapper.get("h1").text()).toBe("Privacy policy");
  wrapper.unmount();
  settings.language = "zh";
});
