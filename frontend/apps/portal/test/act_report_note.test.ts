// @vitest-environment happy-dom
/** An act's result is scrolled into view; selecting moves no row. */

import { i18n } from "@mshield/desk/i18n.ts";
import { enableAutoUnmount, flushPromises, mount } from "@vue/test-utils";
import { createMemoryHistory, createRouter } from "vue-router";
import { afterEach, expect, test, vi } from "vitest";

import ActReportNote from "../src/acts/ActReportNote.vue";
import { enter } from "../src/engine/session.ts";

const GET = vi.fn();
vi.mock("../src/engine/client.ts", () => ({ api: { GET } }));
const { default: ShieldsScreen } = await import("../src/screens/ShieldsScreen.vue");

enableAutoUnmount(afterEach);

test("the result is focused and scrolled to", async () => {
  const seen = vi.spyOn(Element.prototype, "scrollIntoView");
  const note = mount(ActReportNote, {
    props: { report: null },
    attachTo: document.body,
    global: { plugins: [i18n] },
  });
  await note.setProps({ report: { isGood: true, lines: ["作废已生效"], perShield: [] } });
  await flushPromises();
  expect(document.activeElement?.textContent).toContain("作废已生效");
  expect(seen).toHaveBeenCalledTimes(1);
});

test("the selection bar is below the rows", async () => {
  enter({ name: "", csrf_token: "x", enterprises: [{ credit_code: "9", name: "北潮" }] } as never);
  const shield = { shield_number: "MS1", name: "王芳", state: "active", holds: [], role: "operator" };
  GET.mockResolvedValue({ data: { items: [shield], next: null, count: null }, response: new Response() });
  const routes = [{ path: "/:any(.*)*", component: { template: "<i />" } }];
  const router = createRouter({ history: createMemoryHistory(), routes });
  const screen = mount(ShieldsScreen, { attachTo: document.body, global: { plugins: [i18n, router] } });
  await flushPromises();
  await screen.get("tbody input[type=checkbox]").setValue(true);
  const [table, bar] = [screen.get("table").element, screen.get(".batch").element];
  expect(table.compareDocumentPosition(bar) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
});
