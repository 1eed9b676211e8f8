/**
 * Late events during the PIN entry: a PIN from a fingerprint, the browser's support for it, the check of a
 * new PIN.
 */

import type { PinSource } from "@mshield/shield";
import { effectScope } from "vue";
import { beforeEach, expect, test, vi } from "vitest";

const hasSealedPin = vi.fn(async () => true);
const openPin = vi.fn<() => Promise<string | null>>();
const removeBiometric = vi.fn(async () => undefined);
vi.mock("../src/engine/shield.ts", () => ({ getReady: () => undefined, shield: {} }));
vi.mock("../src/engine/biometric.ts", () => ({ hasSealedPin, openPin, removeBiometric }));
vi.mock("../src/engine/to_login.ts", () => ({ toLogin: async () => undefined }));
const { cancelPin, pinEntry, pressBiometric, withPin } = await import("../src/engine/pin_entry.ts");
const { useNewPin } = await import("../src/engine/new_pin.ts");

const ABOUT = { title: "输入 PIN 码", act: "签名" };
const use = async (pin: PinSource): Promise<string> =>
  typeof pin === "string" ? pin : await pin({ keyId: "k", left: 5, fell: false, pinSetAt: 0 });
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  vi.clearAllMocks();
  vi.stubGlobal("navigator", { onLine: true });
});

test("going back during the check for fingerprint support cancels the entry", async () => {
  const fits = Promise.withResolvers<boolean>();
  hasSealedPin.mockReturnValueOnce(fits.promise);
  const done = withPin(ABOUT, use);
  cancelPin();
  fits.resolve(true);
  expect(await done).toBeNull();
  expect(pinEntry.about).toBeNull();
});

test("a second tap on the fingerprint button has no effect", async () => {
  const finger = Promise.withResolvers<string>();
  openPin.mockReturnValueOnce(finger.promise).mockRejectedValue(new Error("a request is pending"));
  const done = withPin(ABOUT, use);
  await settled();
  const presses = [pressBiometric(), pressBiometric()];
  await settled();
  finger.resolve("258017");
  await Promise.all(presses);
  expect(await done).toBe("258017");
  expect(removeBiometric).not.toHaveBeenCalled();
});

test("a fingerprint requested for one operation confirms no later one", async () => {
  const finger = Promise.withResolvers<string>();
  openPin.mockReturnValueOnce(finger.promise);
  const first = withPin(ABOUT, use);
  await settled();
  const press = pressBiometric();
  cancelPin();
  expect(await first).toBeNull();
  const second = withPin({ ...ABOUT, act: "另一份" }, use);
  await settled();
  finger.resolve("258017");
  await press;
  expect(pinEntry.stage).toBe("entering");
  cancelPin();
  expect(await second).toBeNull();
});

test("a check that ends after a restart of the new PIN's entry is ignored", async () => {
  const check = Promise.withResolvers<void>();
  const scope = effectScope();
  const entry = scope.run(() => useNewPin(() => check.promise, vi.fn()))!;
  const presses = [2, 5, 8, 0, 1, 7].map((digit) => entry.press(digit));
  entry.restart();
  await entry.press(3);
  check.resolve();
  await Promise.all(presses);
  expect(entry.shown).toMatchObject({ stage: "choose", count: 1 });
  scope.stop();
});
