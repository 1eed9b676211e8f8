// @vitest-environment happy-dom
/** While its operation runs, a sheet can't be closed in any way, and then shows the result. */

import { DOMWrapper, flushPromises, type VueWrapper } from "@vue/test-utils";
import { expect, test, vi } from "vitest";
import type { Component } from "vue";

import { mounted } from "./mounted.ts";

const acts = {
  objectToSecondAccount: vi.fn(),
  stopPhoneChange: vi.fn(),
  logout: vi.fn(),
  disownDevice: vi.fn(),
  nameDevice: vi.fn(),
  logOutOthers: vi.fn(),
};
const forget = vi.fn(async () => undefined);
vi.mock("../src/engine/shield.ts", () => ({
  shield: { ...acts, forget, status: async () => ({ isLoggedIn: true }), hasBiometric: async () => false },
  getReady: () => undefined,
}));
vi.mock("../src/engine/biometric.ts", () => ({
  isBiometricOn: async () => false,
  removeBiometric: async () => undefined,
}));
const { stepBack } = await import("../src/engine/back.ts");

const { NetworkError } = await import("@mshield/shield");

const DEVICE = { shieldNumber: "MS19386256302", name: "手机", isThisDevice: false };
const ACCOUNT = { id: "a1", canObject: true, countsFrom: 1, provenAt: 1, enterprise: null, way: "outside" };
const CHANGE = { kind: "account" as const, phoneMasked: "139****5011", effectiveAt: Date.now() };

const sheet = (): HTMLDialogElement | null => document.querySelector("dialog");
const press = (text: string): void =>
  [...document.querySelectorAll<HTMLElement>("dialog button")]
    .find((one) => one.textContent?.trim() === text)!
    .click();

/** All ways to close the sheet: Escape, the backdrop, the back button, and the sheet's own button. */
const WAYS: Record<string, (word: string) => unknown> = {
  Escape: () => sheet()!.dispatchEvent(new Event("cancel", { cancelable: true })),
  "a second Escape, of which a browser only tells": () => sheet()!.close(),
  ground: () => sheet()!.dispatchEvent(new MouseEvent("click")),
  back: stepBack,
  word: press,
};

interface Case {
  readonly part: () => Promise<{ default: Component }>;
  readonly props?: Record<string, unknown>;
  /** Button that opens the sheet; none if the component is the sheet itself. */
  readonly opener?: string;
  readonly word: string;
  readonly wayOut: string;
}

const CASES: Record<keyof typeof acts, Case> = {
  objectToSecondAccount: {
    part: () => import("../src/screens/identity/SecondAccounts.vue"),
    props: { accounts: [ACCOUNT] },
    opener: "不是我",
    word: "不是我，叫停",
    wayOut: "先不叫停",
  },
  stopPhoneChange: {
    part: () => import("../src/screens/home/PhoneChangeNote.vue"),
    props: { change: CHANGE },
    opener: "叫停",
    word: "叫停",
    wayOut: "再看看",
  },
  logout: {
    part: () => import("../src/screens/me/LogOutSheet.vue"),
    word: "退出登录",
    wayOut: "不退出",
  },
  disownDevice: {
    part: () => import("../src/screens/me/devices/ForeignSheet.vue"),
    props: { device: DEVICE, by: "sms_code" },
    word: "停用它的手机盾",
    wayOut: "是我的，不用处理",
  },
  nameDevice: {
    part: () => import("../src/screens/me/devices/RenameSheet.vue"),
    props: { device: DEVICE },
    word: "保存",
    wayOut: "返回",
  },
  logOutOthers: {
    part: () => import("../src/screens/me/devices/LogOutOthersSheet.vue"),
    word: "全部退出",
    wayOut: "先不退出",
  },
};

async function opened({ part, props = {}, opener }: Case): Promise<VueWrapper> {
  const { wrapper } = await mounted((await part()).default, props);
  await flushPromises();
  const button = wrapper.findAll("button").find((one) => opener && one.text().includes(opener));
  await button?.trigger("click");
  const code = document.querySelector<HTMLInputElement>("dialog input[inputmode=numeric]");
  if (code) {
    code.value = "123456";
    code.dispatchEvent(new Event("input"));
  }
  return wrapper;
}

/** Presses the button that submits the sheet. */
async function act({ word }: Case): Promise<void> {
  const form = document.querySelector("dialog form");
  await (form ? new DOMWrapper(form).trigger("submit") : press(word));
  await flushPromises();
}

test.for(Object.entries(CASES))("%s", async ([name, one]) => {
  const mock = acts[name as keyof typeof acts];
  for (const [way, leave] of Object.entries(WAYS)) {
    const { promise, reject } = Promise.withResolvers();
    mock.mockReturnValue(promise);
    const wrapper = await opened(one);
    await act(one);
    expect(mock).toHaveBeenCalledOnce();
    leave(one.wayOut);
    await flushPromises();
    expect([way, sheet()?.open, wrapper.emitted("close")]).toEqual([way, true, undefined]);
    reject(new NetworkError("cut off"));
    await flushPromises();
    expect(document.body.textContent).toMatch(/网络|联系不上/);
    wrapper.unmount();
    mock.mockReset();
  }
});

test.for(Object.entries(WAYS))("without an operation the sheet is closed by: %s", async ([, leave]) => {
  const wrapper = await opened(CASES.nameDevice);
  leave("返回");
  await flushPromises();
  expect(wrapper.emitted("close")).toHaveLength(1);
  wrapper.unmount();
});

test.for(Object.entries(CASES))(
  "an unresponsive network doesn't keep the sheet open for minutes: %s",
  async ([name, one]) => {
    vi.useFakeTimers();
    const mock = acts[name as keyof typeof acts];
    mock.mockReturnValue(new Promise(() => undefined));
    const wrapper = await opened(one);
    await act(one);
    // The result for another device's shield is shown only here, so this sheet stays.
    const isSensitive = name === "disownDevice";
    await vi.advanceTimersByTimeAsync(19_000);
    press(one.wayOut);
    await flushPromises();
    expect(sheet()?.open).toBe(true);
    await vi.advanceTimersByTimeAsync(1_000);
    press(one.wayOut);
    await flushPromises();
    const isLeft = sheet() === null || wrapper.emitted("close") !== undefined;
    expect(isLeft).toBe(!isSensitive);
    wrapper.unmount();
    mock.mockReset();
    vi.useRealTimers();
  },
);

test("退出登录 on this phone only doesn't wait for the pending request to the service", async () => {
  acts.logout.mockReturnValue(new Promise(() => undefined));
  const wrapper = await opened(CASES.logout);
  await act(CASES.logout);
  window.dispatchEvent(new Event("offline"));
  await flushPromises();
  press("只在本机退出");
  await flushPromises();
  expect(forget).toHaveBeenCalledOnce();
  window.dispatchEvent(new Event("online"));
  wrapper.unmount();
  acts.logout.mockReset();
});
