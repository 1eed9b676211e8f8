// @vitest-environment happy-dom
/** Filters of lists are in their address, and a shield leads back to its list unchanged. */

import { i18n } from "@mshield/desk/i18n.ts";
import { enableAutoUnmount, flushPromises, mount } from "@vue/test-utils";
import type { Component } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { afterEach, expect, test, vi } from "vitest";

import { enter } from "../src/engine/session.ts";

const GET = vi.fn();
vi.mock("../src/engine/client.ts", () => ({ api: { GET } }));
const { default: HistoryScreen } = await import("../src/screens/HistoryScreen.vue");
const { default: PeopleScreen } = await import("../src/screens/PeopleScreen.vue");
const { default: ShieldScreen } = await import("../src/screens/ShieldScreen.vue");

enableAutoUnmount(afterEach);
afterEach(() => window.history.replaceState(null, ""));

async function shown(screen: Component, at: string, props: object = {}) {
  enter({ name: "", csrf_token: "x", enterprises: [{ credit_code: "9", name: "北潮" }] } as never);
  const routes = [{ path: "/:any(.*)*", component: { template: "<i />" } }];
  const router = createRouter({ history: createMemoryHistory(), routes });
  await router.push(at);
  const wrapper = mount(screen, { props, global: { plugins: [i18n, router] } });
  await flushPromises();
  return { wrapper, router };
}

test.each([
  [PeopleScreen, "/people?words=王&role=operator", "/people?words=李&role=operator"],
  [HistoryScreen, "/history?words=王&from=2026-11-01", "/history?words=李&from=2026-11-01"],
])("reads words from the address and writes them to it", async (screen, at, afterwards) => {
  GET.mockResolvedValue({ data: { items: [], next: null }, response: new Response() });
  const { wrapper, router } = await shown(screen, at);
  const field = wrapper.get<HTMLInputElement>("input[maxlength='64']");
  expect(field.element.value).toBe("王");
  await field.setValue("李");
  await flushPromises();
  expect(decodeURIComponent(router.currentRoute.value.fullPath)).toBe(afterwards);
});

test.each([
  ["/shields?standing=expiring", "/shields?standing=expiring"],
  ["/history", "/shields"],
  [undefined, "/shields"],
])("from %s a shield leads back to %s", async (back, to) => {
  window.history.replaceState({ back }, "");
  const shield = { shield_number: "MS1", name: "王芳", state: "active", holds: [], role: "operator" };
  const data = { shield, earlier: [], events: [], proofs: [] };
  GET.mockResolvedValue({ data, response: new Response() });
  const { wrapper } = await shown(ShieldScreen, "/shields/MS1", { number: "MS1" });
  expect(wrapper.get("a.lk").attributes("href")).toBe(to);
});
