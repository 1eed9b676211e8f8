// @vitest-environment happy-dom
/**
 * The login: late answers neither change the system for typed data, nor take the focus, nor unlock the app.
 */

import type { AccountSource } from "@mshield/look/vue/account_sources.ts";
import { ProblemError } from "@mshield/shield";
import { flushPromises, type VueWrapper } from "@vue/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

const SOURCE: AccountSource = {
  name: "single-window",
  kind: "password",
  titleZh: "单一窗口",
  titleEn: "Single Window",
};
const status = vi.fn();
const shield = {
  status,
  captcha: vi.fn(),
  login: vi.fn(),
  accountSources: vi.fn(),
};
vi.mock("../src/engine/shield.ts", () => ({ getReady: () => undefined, shield }));
vi.mock("../src/engine/biometric.ts", () => ({ isBiometricOn: async () => false }));
const { default: LoginScreen } = await import("../src/screens/account/LoginScreen.vue");
const { default: LockedScreen } = await import("../src/screens/lock/LockedScreen.vue");
const { useAccountSources } = await import("../src/engine/account_sources.ts");
const { isLocked, markLocked } = await import("../src/engine/lock.ts");

const NOBODY = { isLoggedIn: false, certificatePem: null, shieldNumber: null, account: null };
let wrapper: VueWrapper;

beforeEach(() => {
  vi.clearAllMocks();
  useAccountSources().choose(null);
  status.mockResolvedValue(NOBODY);
  shield.captcha.mockResolvedValue({ id: "c1", image: null });
  shield.accountSources.mockResolvedValue([]);
});
afterEach(() => wrapper.unmount());

async function login(): Promise<VueWrapper> {
  ({ wrapper } = await mounted(LoginScreen, {}, "/login"));
  await flushPromises();
  return wrapper;
}

async function fill(screen: VueWrapper): Promise<void> {
  const [account, password, captcha] = screen.findAll<HTMLInputElement>(".login input");
  await account!.setValue("13800006027");
  await password!.setValue("correct horse 7");
  await captcha!.setValue("7KDM");
}

test("outside systems loaded late don't replace a form that is being filled in", async () => {
  useAccountSources().choose(SOURCE);
  const sources = Promise.withResolvers<unknown[]>();
  shield.accountSources.mockRejectedValueOnce(new Error("no network")).mockReturnValueOnce(sources.promise);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const screen = await login();
  await fill(screen);
  window.dispatchEvent(new Event("offline"));
  await flushPromises();
  window.dispatchEvent(new Event("online"));
  await flushPromises();
  sources.resolve([SOURCE]);
  await flushPromises();
  expect(screen.get<HTMLInputElement>("fieldset input").element.checked).toBe(true);
  shield.login.mockResolvedValue(undefined);
  await screen.get("form").trigger("submit");
  await flushPromises();
  expect(shield.login.mock.calls[0]![0]).not.toHaveProperty("source");
});

test("if the last login used another system, the form waits until the systems are known", async () => {
  useAccountSources().choose(SOURCE);
  const sources = Promise.withResolvers<unknown[]>();
  shield.accountSources.mockReturnValue(sources.promise);
  const screen = await login();
  expect(screen.find("form").exists()).toBe(false);
  sources.resolve([SOURCE]);
  await flushPromises();
  await fill(screen);
  await screen.get("form").trigger("submit");
  await flushPromises();
  expect(shield.login.mock.calls[0]![0]).toMatchObject({ source: "single-window" });
});

test("a second press doesn't replace the captcha of the login in progress", async () => {
  const screen = await login();
  await fill(screen);
  const answer = Promise.withResolvers<void>();
  shield.login.mockReturnValue(answer.promise);
  await screen.get("form").trigger("submit");
  await flushPromises();
  await screen.get("form").trigger("submit");
  await flushPromises();
  expect(shield.captcha).toHaveBeenCalledOnce();
  expect(screen.findAll<HTMLInputElement>(".login input")[2]!.element.value).toBe("7KDM");
});

test("a late refusal doesn't take the focus that the user has moved meanwhile", async () => {
  const screen = await login();
  const [account, password] = screen.findAll<HTMLInputElement>(".login input");
  for (const goesOn of [false, true]) {
    await fill(screen);
    const captcha = Promise.withResolvers<object>();
    shield.captcha.mockReturnValueOnce(captcha.promise);
    shield.login.mockRejectedValueOnce(new ProblemError("login_failed", 401));
    screen.get<HTMLElement>("form .btn").element.focus();
    await screen.get("form").trigger("submit");
    await flushPromises();
    if (goesOn) account!.element.focus();
    captcha.resolve({ id: "c2", image: null });
    await flushPromises();
    expect(document.activeElement).toBe((goesOn ? account : password)!.element);
  }
});

test("a locked phone opens without a PIN only once it is known to have none", async () => {
  const own = Promise.withResolvers<object>();
  status.mockReturnValueOnce(own.promise);
  markLocked();
  ({ wrapper } = await mounted(LockedScreen, {}, "/locked"));
  await flushPromises();
  const words = (): string[] => wrapper.findAll("footer button").map((button) => button.text());
  expect(words()).not.toContain("继续使用");
  own.resolve({ ...NOBODY, certificatePem: "PEM", left: 5 });
  await flushPromises();
  expect(words()).toContain("输入 PIN 码继续");
  expect(words()).not.toContain("继续使用");
  wrapper.unmount();
  ({ wrapper } = await mounted(LockedScreen, {}, "/locked"));
  await flushPromises();
  await wrapper.get("footer button").trigger("click");
  await flushPromises();
  expect(isLocked()).toBe(false);
});

test("if the phone's status can't be read, it stays locked and retries", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  status.mockRejectedValueOnce(new Error("not loaded"));
  markLocked();
  ({ wrapper } = await mounted(LockedScreen, {}, "/locked"));
  await flushPromises();
  status.mockResolvedValue({ ...NOBODY, certificatePem: "PEM", left: 5 });
  await wrapper.get("footer button").trigger("click");
  await flushPromises();
  expect(isLocked()).toBe(true);
  expect(wrapper.get("footer button").text()).toBe("输入 PIN 码继续");
});
