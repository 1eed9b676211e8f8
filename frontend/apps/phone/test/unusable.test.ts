// @vitest-environment happy-dom
/**
 * A share that the service has forgotten, or that is damaged: all screens lead to the guide, and the guide to
 * an application.
 */

import { PhoneError, type Status } from "@mshield/shield";
import { flushPromises } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

const status = { isLoggedIn: false, shieldNumber: null } as unknown as Status;
vi.mock("../src/engine/shield.ts", () => ({ shield: { status: async () => status } }));
const { default: ProblemNote } = await import("../src/parts/ProblemNote.vue");
const { default: ReplacePhoneScreen } = await import("../src/screens/certificate/ReplacePhoneScreen.vue");
const { remedyFor } = await import("../src/screens/request/remedy.ts");

const GUIDE = "/replace-phone?case=unusable";

test.for(["epoch_unknown", "damaged_slot"])("%s leads to the guide from everywhere", async (code) => {
  expect(remedyFor(code)).toEqual({ word: "guide", to: GUIDE });
  const { wrapper } = await mounted(ProblemNote, { problem: new PhoneError(code) });
  expect(wrapper.text()).toContain("请");
  expect(wrapper.text()).toContain("法人作废后重新申请");
  expect(wrapper.get("a").attributes("href")).toBe(GUIDE);
  wrapper.unmount();
});

test("another error leads to its entry of the FAQ", async () => {
  const { wrapper } = await mounted(ProblemNote, { problem: new PhoneError("no_key") });
  expect(wrapper.get("a").attributes("href")).toBe("/faq/3.6");
  wrapper.unmount();
});

test("the guide gives the reason, and continues on this phone", async () => {
  const { wrapper } = await mounted(ReplacePhoneScreen, {}, GUIDE);
  await flushPromises();
  const text = wrapper.text();
  for (const part of ["服务端从备份恢复过", "请法人作废这个手机盾", "在本机重新申请", "手机盾号不变"]) {
    expect(text).toContain(part);
  }
  expect(text).not.toContain("旧手机");
  expect(wrapper.findAll("input[type=radio]")).toEqual([]);
  wrapper.unmount();
});
