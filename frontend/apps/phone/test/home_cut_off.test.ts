// @vitest-environment happy-dom
/** The home page without an answer of the service: it shows the stored data, and reloads once it can. */

import { NetworkError, type Me, type Status } from "@mshield/shield";
import { flushPromises } from "@vue/test-utils";
import { afterEach, expect, test, vi } from "vitest";

import { PEM } from "../../../packages/shield/test/pem.ts";
import { mounted } from "./mounted.ts";

const SLOW_MS = 400;
const status = { isLoggedIn: true, shieldNumber: "MS11", certificatePem: PEM, scanned: null };
const me = { account: { phoneMasked: "137****1234" }, certificate: null, renewal: null } as unknown as Me;
const asked = vi.fn<() => Promise<Me>>();
vi.mock("../src/engine/shield.ts", () => ({
  shield: {
    status: async () => status as unknown as Status,
    me: () => asked(),
    closing: async () => ({ dueAt: null }),
    identity: async () => ({ proofs: [], request: null, secondAccounts: [], phoneChange: null }),
  },
}));
const { default: HomeScreen } = await import("../src/screens/home/HomeScreen.vue");
const { forget } = await import("../src/engine/phone.ts");

afterEach(() => {
  forget();
  vi.useRealTimers();
});

test("during retries the stored certificate is shown with a note that it is being checked", async () => {
  vi.useFakeTimers();
  const answer = Promise.withResolvers<Me>();
  asked.mockReturnValueOnce(answer.promise);
  const { wrapper } = await mounted(HomeScreen);
  await flushPromises();
  expect(wrapper.text()).not.toContain("正在核对状态");
  await vi.advanceTimersByTimeAsync(SLOW_MS);
  expect(wrapper.text()).toContain("正在核对状态");
  expect(wrapper.text()).toContain("林知远");
  expect(wrapper.text()).not.toContain("没有网络");
  expect(wrapper.find(".skeleton").exists()).toBe(false);
  answer.reject(new NetworkError("failed"));
  await flushPromises();
  expect(wrapper.text()).toContain("没有网络，证书状态以联网后为准");
  expect(wrapper.text()).not.toContain("正在核对状态");
  wrapper.unmount();
});

test("after a failure the user can retry", async () => {
  asked.mockRejectedValueOnce(new NetworkError("failed")).mockResolvedValue(me);
  const { wrapper } = await mounted(HomeScreen);
  await flushPromises();
  await wrapper.get(".updated button").trigger("click");
  await flushPromises();
  expect(wrapper.text()).toContain("在这部手机上申请手机盾");
  wrapper.unmount();
});

test("when the network returns, the page reloads by itself", async () => {
  asked.mockRejectedValueOnce(new NetworkError("failed")).mockResolvedValue(me);
  const { wrapper } = await mounted(HomeScreen);
  await flushPromises();
  expect(wrapper.text()).toContain("没有网络");
  window.dispatchEvent(new Event("offline"));
  await flushPromises();
  window.dispatchEvent(new Event("online"));
  await flushPromises();
  expect(wrapper.text()).toContain("在这部手机上申请手机盾");
  wrapper.unmount();
});
