// @vitest-environment happy-dom
/** The home page while it loads: an automatic reload moves nothing, a requested one shows progress. */

import type { Me, Status } from "@mshield/shield";
import { flushPromises } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

const SLOW_MS = 400;
const NOBODY = { proofs: [], request: null, secondAccounts: [], phoneChange: null };
const status = { isLoggedIn: true, shieldNumber: null, scanned: null } as unknown as Status;
const me = { account: { phoneMasked: "137****1234" }, certificate: null, renewal: null } as unknown as Me;
let answer = (): void => undefined;
vi.mock("../src/engine/shield.ts", () => ({
  shield: {
    status: async () => status,
    me: async () => me,
    closing: async () => ({ dueAt: null }),
    identity: () => new Promise((resolve) => (answer = () => resolve(NOBODY))),
  },
}));
const { default: HomeScreen } = await import("../src/screens/home/HomeScreen.vue");

test("only a requested reload shows a row above the content", async () => {
  vi.useFakeTimers();
  const { wrapper } = await mounted(HomeScreen);
  await flushPromises();
  await vi.advanceTimersByTimeAsync(SLOW_MS);
  expect(wrapper.text()).toContain("在这部手机上申请手机盾");
  expect(wrapper.get("main").attributes("aria-busy")).toBe("true");
  expect(wrapper.find(".pull").exists()).toBe(false);
  answer();
  await flushPromises();

  await wrapper.get("button.lk").trigger("click");
  await vi.advanceTimersByTimeAsync(SLOW_MS);
  expect(wrapper.get(".pull").text()).toContain("正在");
  answer();
  await flushPromises();
  expect(wrapper.find(".pull").exists()).toBe(false);
  vi.useRealTimers();
  wrapper.unmount();
});
