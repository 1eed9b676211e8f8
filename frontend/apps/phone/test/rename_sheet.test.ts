// @vitest-environment happy-dom
/** Renaming a device: the browser's model is suggested, but never replaces typed text. */

import type { Device } from "@mshield/shield";
import { DOMWrapper, flushPromises } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

const nameDevice = vi.fn(async () => undefined);
vi.mock("../src/engine/shield.ts", () => ({ shield: { nameDevice } }));
const { default: RenameSheet } = await import("../src/screens/me/devices/RenameSheet.vue");

const DEVICE = { shieldNumber: "MS19386256302", name: null, isThisDevice: true } as Device;

function browserWith(model: Promise<{ model: string }>): void {
  vi.stubGlobal("navigator", { userAgentData: { getHighEntropyValues: () => model } });
}

/** The sheet is at the end of the document, outside the mounted component. */
const page = (): DOMWrapper<Element> => new DOMWrapper(document.body);
const typed = (): string => page().get("input").element.value;

test("the model is suggested", async () => {
  browserWith(Promise.resolve({ model: " Pixel 9 " }));
  const { wrapper } = await mounted(RenameSheet, { device: DEVICE });
  await flushPromises();
  expect(typed()).toBe("Pixel 9");
  wrapper.unmount();
});

test("a model that arrives late doesn't replace typed text, which is saved", async () => {
  const { promise, resolve } = Promise.withResolvers<{ model: string }>();
  browserWith(promise);
  const { wrapper } = await mounted(RenameSheet, { device: DEVICE });
  await page().get("input").setValue("办公室的手机");
  resolve({ model: "Pixel 9" });
  await flushPromises();
  expect(typed()).toBe("办公室的手机");
  await page().get("form").trigger("submit");
  await flushPromises();
  expect(nameDevice).toHaveBeenCalledExactlyOnceWith(DEVICE.shieldNumber, "办公室的手机");
  wrapper.unmount();
});

test("a note appears once a name reaches the maximum length", async () => {
  browserWith(Promise.resolve({ model: "" }));
  const { wrapper } = await mounted(RenameSheet, { device: DEVICE });
  await page().get("input").setValue("两".repeat(23));
  expect(page().text()).not.toContain("最多 24 个字");
  await page().get("input").setValue("两".repeat(24));
  expect(page().text()).toContain("最多 24 个字");
  wrapper.unmount();
});
