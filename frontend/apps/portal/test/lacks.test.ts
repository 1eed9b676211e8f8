// @vitest-environment happy-dom
/** While an act's button is disabled, the dialog states what is missing or wrong. */

import { i18n } from "@mshield/desk/i18n.ts";
import { enableAutoUnmount, flushPromises, mount } from "@vue/test-utils";
import type { Component } from "vue";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { enter } from "../src/engine/session.ts";

vi.mock("../src/engine/client.ts", () => ({ api: { GET: vi.fn(), POST: vi.fn() } }));
const { default: HoldDialog } = await import("../src/acts/HoldDialog.vue");
const { default: RevokeDialog } = await import("../src/acts/RevokeDialog.vue");

enableAutoUnmount(afterEach);
beforeEach(() =>
  enter({ name: "", csrf_token: "x", enterprises: [{ credit_code: "9", name: "北潮" }] } as never),
);

const SHIELD = { shield_number: "MS10720460001", name: "王芳", state: "active", holds: [], role: "operator" };

async function opened(dialog: Component, props: object): Promise<Element> {
  mount(dialog, {
    props: { shields: [SHIELD], ...props },
    attachTo: document.body,
    global: { plugins: [i18n] },
  });
  await flushPromises();
  return document.querySelector(".el-dialog")!;
}

async function type(field: HTMLInputElement, value: string): Promise<void> {
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await flushPromises();
}

test("freezing: the reason", async () => {
  const dialog = await opened(HoldDialog, { act: "freeze" });
  expect(dialog.textContent).toContain("还要写原因");
  await type(dialog.querySelector(".fld input")!, "出差");
  expect(dialog.textContent).not.toContain("还要写原因");
});

test("revoking: four wrong digits are reported as wrong, three not yet", async () => {
  const dialog = await opened(RevokeDialog, {});
  const check = dialog.querySelector<HTMLInputElement>("input[maxlength='4']")!;
  await type(check, "999");
  expect(dialog.textContent).not.toContain("不一致");
  await type(check, "9999");
  expect(dialog.textContent).toContain("和这个手机盾号的后 4 位不一致");
  expect(check.getAttribute("aria-invalid")).toBe("true");
  await type(check, "0001");
  expect(dialog.textContent).not.toContain("不一致");
});
