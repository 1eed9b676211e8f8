// @vitest-environment happy-dom
/** Missing input for a change of the staff is reported at its field before the request. */

import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, expect, test, vi } from "vitest";

import ChangeDialog from "../src/screens/staff/ChangeDialog.vue";

const calls = vi.hoisted(() => ({ ask: vi.fn(async () => undefined) }));
vi.mock("../src/engine/approvals.ts", () => calls);

afterEach(() => {
  settings.language = "zh";
  document.body.innerHTML = "";
  vi.clearAllMocks();
});

const errors = (): (string | undefined)[] =>
  [...document.querySelectorAll(".wrong")].map((error) => error.textContent?.trim());

async function press(): Promise<void> {
  const button = document.querySelector<HTMLButtonElement>("[type=submit]")!;
  expect(button.disabled).toBe(false);
  button.form!.dispatchEvent(new Event("submit", { cancelable: true }));
  await flushPromises();
}

test("requires name, roles and reason for a new member", async () => {
  const dialog = mount(ChangeDialog, {
    props: { act: "add", member: null },
    global: { plugins: [i18n] },
    attachTo: document.body,
  });
  await flushPromises();
  await press();
  expect(errors()).toEqual(["请输入姓名", "请选择至少一个角色", "请写明原因"]);
  expect(document.activeElement?.getAttribute("aria-invalid")).toBe("true");
  settings.language = "en";
  await flushPromises();
  expect(errors()[1]).toBe("Choose one role at least");
  expect(calls.ask).not.toHaveBeenCalled();
  dialog.unmount();
});

test("unchanged roles are no change", async () => {
  const member = { id: "m", name: "许安然", roles: ["auditor"] } as never;
  const dialog = mount(ChangeDialog, {
    props: { act: "roles", member },
    global: { plugins: [i18n] },
    attachTo: document.body,
  });
  await flushPromises();
  await press();
  expect(errors()).toEqual(["角色没有变化", "请写明原因"]);
  expect(document.activeElement?.hasAttribute("data-invalid")).toBe(true);
  expect(calls.ask).not.toHaveBeenCalled();
  dialog.unmount();
});
