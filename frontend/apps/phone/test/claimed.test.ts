// @vitest-environment happy-dom
/** A login confirmed before the app is unlocked: what its screen shows, and where each result leads. */

import { NetworkError, type OnePin, ProblemError, type ShieldError, type Status } from "@mshield/shield";
import { flushPromises, type VueWrapper } from "@vue/test-utils";
import type { Router } from "vue-router";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

const SHOWN = {
  claim: "claim:r:1:m",
  requester: {
    clientId: "bs",
    name: "单一窗口",
    domain: "singlewindow.example",
    pcAddress: "203.0.113.24",
    pcBrowser: "Firefox 145, Windows",
  },
  login: {
    requestId: "r",
    number: "72",
    sid: "00",
    message: "",
    unlike: ["network"],
    askedAt: Date.now(),
    expiresAt: Date.now() + 120_000,
  },
};
const status = {
  isLoggedIn: false,
  shieldNumber: "MS10294470845",
  owner: { name: "林知远", phoneMasked: "138****6027" },
} as unknown as Status;
const unlockAndLogIn = vi.fn<() => Promise<OnePin>>();
const unlock = vi.fn(async () => ({}));
const scan = vi.fn<() => Promise<{ requestId: string }>>(async () => ({ requestId: "r" }));
const decline = vi.fn(async () => null);
const shield = {
  status: async () => status,
  me: async () => ({ certificate: null, renewal: null }),
  unlockAndLogIn,
  unlock,
  scan,
  decline,
};
vi.mock("../src/engine/shield.ts", () => ({ getReady: () => undefined, shield }));
vi.mock("../src/engine/biometric.ts", () => ({ isBiometricOn: async () => false }));
const abouts: { act: string; detail: (prompt: { left: number }) => string }[] = [];
vi.mock("../src/engine/pin_entry.ts", () => ({
  withPin: async (about: (typeof abouts)[number], use: (pin: string) => Promise<unknown>) => {
    abouts.push(about);
    return await use("258017");
  },
}));
const { default: ClaimedScreen } = await import("../src/screens/request/claimed/ClaimedScreen.vue");

let wrapper: VueWrapper;
let router: Router;

async function open(expiresIn = 120_000): Promise<void> {
  const kept = {
    claim: SHOWN.claim,
    kind: "login",
    name: "单一窗口",
    expiresAt: Date.now() + expiresIn,
    shown: SHOWN,
  };
  sessionStorage.setItem("mshield-claim", JSON.stringify(kept));
  window.dispatchEvent(
    new StorageEvent("storage", {
      key: "mshield-claim",
      newValue: JSON.stringify(kept),
      storageArea: sessionStorage,
    }),
  );
  await flushPromises();
  ({ wrapper, router } = await mounted(ClaimedScreen, {}, "/claimed"));
  await flushPromises();
}

async function press(name: string): Promise<void> {
  [...document.querySelectorAll("button")].find(({ textContent }) => textContent?.includes(name))!.click();
  await flushPromises();
}

beforeEach(() => {
  vi.clearAllMocks();
  abouts.length = 0;
});
afterEach(() => wrapper.unmount());

test("the screen shows requester, place, digits and new properties, and nothing about the account", async () => {
  await open();
  const text = wrapper.text();
  for (const part of ["单一窗口", "singlewindow.example", "72", "203.0.113.24", "第一次从这个网络登录"]) {
    expect(text).toContain(part);
  }
  for (const part of ["林知远", "6027", "MS1029"]) {
    expect(text).not.toContain(part);
  }
});

test.for([
  ["confirmed", "/result", null],
  ["closed", "/claimed", null],
] as const)("a login that is %s leads to %s", async ([login, path, kept]) => {
  unlockAndLogIn.mockResolvedValue({ account: {} as never, login });
  await open();
  await press("输入 PIN 码登录");
  expect(unlockAndLogIn).toHaveBeenCalledTimes(1);
  expect(abouts[0]!.act).toContain("单一窗口");
  expect(abouts[0]!.detail({ left: 3 })).toContain("同时打开手机盾\n还可以试 3 次");
  expect(router.currentRoute.value.path).toBe(path);
  expect(wrapper.text().includes("请求已结束，这部手机没有登录")).toBe(login === "closed");
  expect(JSON.parse(sessionStorage.getItem("mshield-claim") ?? "null")?.claim ?? null).toBe(kept);
});

test.for<[ShieldError, string]>([
  [new ProblemError("unlock_closed", 403, undefined, { zh: "只剩一次" }), "换一种方式打开手机盾"],
  [new ProblemError("filing_changed", 403, undefined, { zh: "备案变了" }), "换一种方式打开手机盾"],
  [new ProblemError("task_closed", 409), "请求已结束"],
  [new NetworkError("lost"), "还不知道有没有完成"],
])("after %s the screen says what to do", async ([error, said]) => {
  unlockAndLogIn.mockImplementation(async (...values: unknown[]) => {
    const pin = values[1] as (prompt: object) => Promise<string>;
    await pin({ left: 5 });
    throw error;
  });
  await open();
  await press("输入 PIN 码登录");
  expect(wrapper.text()).toContain(said);
});

test("an expired request is reported and removed", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
  await open(3000);
  vi.advanceTimersByTime(4000);
  vi.useRealTimers();
  await flushPromises();
  expect(wrapper.text()).toContain("请求已失效");
  expect(unlockAndLogIn).not.toHaveBeenCalled();
});

test("cancelling accepts and declines nothing; 不是我 unlocks the app, accepts the request and reports it", async () => {
  await open();
  await press("取消");
  expect([unlock, scan, decline].map((call) => call.mock.calls.length)).toEqual([0, 0, 0]);
  wrapper.unmount();
  await open();
  await press("不是我发起的");
  await press("拒绝并通知对方");
  expect(abouts.at(-1)!.act).toBe("打开手机盾，拒绝这个请求");
  expect(scan).toHaveBeenCalledWith(SHOWN.claim);
  expect(decline).toHaveBeenCalledWith("not_me", "r");
  expect(wrapper.text()).toContain("已拒绝");
});
