// @vitest-environment happy-dom
/**
 * The PIN sheet: a link for a forgotten PIN, a warning before the last two attempts, no PIN entry without a
 * network.
 */

import { NetworkError, type PinSource, ProblemError } from "@mshield/shield";
import { flushPromises, type VueWrapper } from "@vue/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

vi.mock("../src/engine/shield.ts", () => ({ getReady: () => undefined, shield: {} }));
vi.mock("../src/engine/biometric.ts", () => ({
  hasSealedPin: async () => false,
  openPin: async () => null,
  removeBiometric: async () => undefined,
}));
const { cancelPin, pinEntry, press, withPin } = await import("../src/engine/pin_entry.ts");
const { PAUSE_MS } = await import("../src/engine/pin_pause.ts");
const { default: PinSheet } = await import("../src/parts/PinSheet.vue");

const ABOUT = { title: "输入 PIN 码", act: "签名" };
let wrapper: VueWrapper;
let left: number;
let tries: string[];

/** Plays the service: every PIN is wrong unless it ends with 9. */
async function use(pin: PinSource): Promise<string> {
  const prompt = { keyId: "k", left, fell: false, pinSetAt: 0 };
  const digits = typeof pin === "string" ? pin : await pin(prompt);
  tries.push(digits);
  if (!digits.endsWith("9")) {
    left--;
    throw new ProblemError("wrong_pin", 403, undefined, { extra: { left } });
  }
  return digits;
}

async function enter(pin: string): Promise<void> {
  for (const digit of pin) {
    press(Number(digit));
  }
  await flushPromises();
}

const goOn = (): HTMLButtonElement => document.querySelector<HTMLButtonElement>(".pin-acts button")!;

function sheet(): string {
  return document.body.textContent ?? "";
}

beforeEach(async () => {
  vi.useFakeTimers();
  localStorage.clear();
  [left, tries] = [5, []];
  ({ wrapper } = await mounted(PinSheet));
});

afterEach(() => {
  cancelPin();
  wrapper.unmount();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a link for a forgotten PIN is shown, also after every wrong one", async () => {
  const done = withPin(ABOUT, use);
  await flushPromises();
  for (const tried of [1, 2, 3, 4]) {
    expect(sheet()).toContain("忘记 PIN 码？");
    vi.advanceTimersByTime(PAUSE_MS);
    await flushPromises();
    [...document.querySelectorAll("button")]
      .find((button) => button.textContent?.includes("我记得"))
      ?.click();
    await enter("111111");
    expect(tries).toHaveLength(tried);
  }
  expect(sheet()).toContain("忘记 PIN 码？");
  cancelPin();
  expect(await done).toBeNull();
});

test("the keypad is disabled before the last two attempts, and returns only on request", async () => {
  const done = withPin(ABOUT, use);
  await flushPromises();
  await enter("111111");
  await enter("222222");
  expect(document.querySelector(".pad")).not.toBeNull();
  await enter("333333");
  expect(left).toBe(2);
  expect(sheet()).toContain("只剩 2 次。");
  expect(document.querySelector(".pad")).toBeNull();
  expect(goOn().disabled).toBe(true);
  expect(goOn().textContent).toContain("30 秒后可以继续");
  await enter("444449");
  expect(tries).toHaveLength(3);
  vi.advanceTimersByTime(PAUSE_MS);
  await flushPromises();
  expect(goOn().disabled).toBe(false);
  goOn().click();
  await flushPromises();
  expect(document.querySelector(".pad")).not.toBeNull();
  await enter("444449");
  expect(await done).toBe("444449");
});

test("a sheet reopened with two attempts left also warns, and drops digits typed before", async () => {
  left = 1;
  const done = withPin(ABOUT, use);
  await enter("55");
  expect(pinEntry.isWarned).toBe(true);
  expect(pinEntry.count).toBe(0);
  expect(sheet()).toContain("只剩 1 次。");
  cancelPin();
  expect(await done).toBeNull();
});

test("without a network no PIN is requested", async () => {
  vi.stubGlobal("navigator", { onLine: false });
  const asked = vi.fn(use);
  await expect(withPin(ABOUT, asked)).rejects.toThrow(NetworkError);
  expect(asked).not.toHaveBeenCalled();
  expect(pinEntry.about).toBeNull();
});

test("if the network fails during the entry, the PIN isn't submitted", async () => {
  const done = withPin(ABOUT, use);
  const refused = expect(done).rejects.toThrow(NetworkError);
  await flushPromises();
  await enter("12345");
  vi.stubGlobal("navigator", { onLine: false });
  await enter("9");
  await refused;
  expect(tries).toEqual([]);
});
