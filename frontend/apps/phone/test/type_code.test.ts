// @vitest-environment happy-dom
/** A refused short code: the sheet stays open, shows the reason, and keeps the code for another attempt. */

import { ProblemError } from "@mshield/shield";
import { flushPromises } from "@vue/test-utils";
import { beforeEach, expect, test, vi } from "vitest";

const take = vi.hoisted(() => vi.fn());
vi.mock("../src/engine/pending_scan.ts", () => ({
  hasPendingScan: () => false,
  acceptPendingScan: async () => null,
  scanOrStore: take,
  pendingScanRoute: () => "/login",
}));
vi.mock("../src/engine/phone.ts", async (actual) => ({
  ...(await actual<object>()),
  readStatus: async () => ({ scanned: null }),
}));
vi.mock("../src/screens/request/drawn/drawer.ts", () => ({ prepareWorker: () => undefined }));

vi.mock("../src/screens/request/scan/decoder.ts", () => ({ reader: async () => async () => [] }));

const { default: ScanScreen } = await import("../src/screens/request/ScanScreen.vue");
const { mounted } = await import("./mounted.ts");

beforeEach(() => {
  take.mockReset();
});

async function typed(
  code: string,
): Promise<{ field: HTMLTextAreaElement; type: (text: string) => Promise<void>; sheet: () => string }> {
  const { wrapper } = await mounted(ScanScreen);
  await wrapper
    .findAll("button")
    .find((one) => one.text().endsWith("输入"))!
    .trigger("click");
  await flushPromises();
  const field = document.querySelector<HTMLTextAreaElement>("#type-code-field")!;
  const type = async (text: string): Promise<void> => {
    field.value = text;
    field.dispatchEvent(new Event("input"));
    field.form!.dispatchEvent(new Event("submit", { cancelable: true }));
    await flushPromises();
  };
  await type(code);
  return { field, type, sheet: () => document.querySelector(".type-code")?.textContent ?? "" };
}

test("a wrong code is reported in the open sheet, with the typed text selected", async () => {
  take.mockRejectedValue(new ProblemError("qr_stale", 410));
  const { field, type, sheet } = await typed("0H8Z6YQK");
  expect(sheet()).toContain("短码不正确，或已过时");
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(field.value).toBe("0H8Z6YQK");
  expect([field.selectionStart, field.selectionEnd]).toEqual([0, 8]);
  expect(document.querySelector(".scan .told")).toBeNull();
  const [first] = take.mock.lastCall!.slice(1) as [number];
  await new Promise((resolve) => setTimeout(resolve, 60));
  await type("0H8Z6YQM");
  expect(take.mock.lastCall![0]).toBe("0H8Z6YQM");
  // The new code's time starts with its own first character.
  expect(take.mock.lastCall![1] as number).toBeLessThan(first + 50);
  document.body.replaceChildren();
});

test("a refusal that applies to every code closes the sheet", async () => {
  take.mockRejectedValue(new ProblemError("held", 403, undefined, { zh: "证书已停用" }));
  const { sheet } = await typed("0H8Z6YQK");
  expect(sheet()).toBe("");
  expect(document.body.textContent).toContain("证书已停用");
  expect(document.querySelector('a[href="/asks"]')?.textContent).toContain("请法人办理");
  document.body.replaceChildren();
});
