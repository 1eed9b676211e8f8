// @vitest-environment happy-dom
/** A pending closing of the account is shown on the home page and can be cancelled with one tap. */

import type { Me, Status } from "@mshield/shield";
import { flushPromises } from "@vue/test-utils";
import { beforeEach, expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

const DUE_AT = new Date(2026, 11, 6, 22, 9).getTime();
const NOBODY = { proofs: [], request: null, secondAccounts: [], phoneChange: null };
const status = { isLoggedIn: true, shieldNumber: null, scanned: null } as unknown as Status;
const me = { account: { phoneMasked: "137****1234" }, certificate: null, renewal: null } as unknown as Me;
const { closing, undoClosing } = vi.hoisted(() => ({ closing: vi.fn(), undoClosing: vi.fn() }));
vi.mock("../src/engine/shield.ts", () => ({
  shield: {
    status: async () => status,
    me: async () => me,
    identity: async () => NOBODY,
    closing,
    undoClosing,
  },
}));
const { default: HomeScreen } = await import("../src/screens/home/HomeScreen.vue");
const { default: DataScreen } = await import("../src/screens/consent/DataScreen.vue");

beforeEach(() => {
  closing.mockReset().mockResolvedValue({ dueAt: DUE_AT });
  undoClosing.mockReset().mockImplementation(async () => void closing.mockResolvedValue({ dueAt: null }));
});

test("the home page shows the date and cancels the closing", async () => {
  const { wrapper } = await mounted(HomeScreen);
  await flushPromises();
  const strip = wrapper.get("section.closing");
  expect(strip.text()).toContain("正在注销");
  expect(strip.text()).toContain("2026-12-06 22:09");
  await strip.get("button").trigger("click");
  await flushPromises();
  expect(undoClosing).toHaveBeenCalledOnce();
  expect(wrapper.find("section.closing").exists()).toBe(false);
  expect(wrapper.get("[role=status]").text()).toContain("已撤回");
  wrapper.unmount();
});

test("the home page works if the closing can't be loaded", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  closing.mockRejectedValue(new Error("no answer"));
  const { wrapper } = await mounted(HomeScreen);
  await flushPromises();
  expect(wrapper.find("section.closing").exists()).toBe(false);
  expect(wrapper.text()).toContain("在这部手机上申请手机盾");
  wrapper.unmount();
});

test("我的数据 shows that the closing is pending", async () => {
  const { wrapper } = await mounted(DataScreen);
  await flushPromises();
  expect(wrapper.text().match(/正在注销，2026-12-06 22:09 生效/g)).toHaveLength(2);
  expect(wrapper.text()).not.toContain("会留下什么，先看再决定");
  wrapper.unmount();
});
