// @vitest-environment happy-dom
/** A changed or ended registration is shown in the list and on the shield's page, with what to do. */

import { i18n } from "@mshield/desk/i18n.ts";
import { enableAutoUnmount, flushPromises, mount } from "@vue/test-utils";
import type { Component } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { choose, enter } from "../src/engine/session.ts";

const GET = vi.fn();
vi.mock("../src/engine/client.ts", () => ({ api: { GET } }));
const { default: ShieldsScreen } = await import("../src/screens/ShieldsScreen.vue");
const { default: ShieldScreen } = await import("../src/screens/ShieldScreen.vue");

const CODE = "91330206MA2XB7C1TW";
const shield = (changes: Record<string, unknown>) => ({
  shield_number: "MS10720460001",
  name: "王芳",
  state: "active",
  holds: [],
  expiring: true,
  filing_changed: false,
  filing_ended: false,
  role: "operator",
  not_after: 0,
  used_at: null,
  ...changes,
});
const good = (data: unknown) => ({ data, response: new Response() });

enableAutoUnmount(afterEach);
beforeEach(() => {
  vi.resetAllMocks();
  enter({ name: "沈若琪", csrf_token: "x", enterprises: [{ credit_code: CODE, name: "北潮" }] } as never);
  choose(CODE);
});

async function shown(component: Component, props: Record<string, unknown> = {}) {
  const routes = [{ path: "/:any(.*)*", component: { template: "<i />" } }];
  const router = createRouter({ history: createMemoryHistory(), routes });
  const wrapper = mount(component, { props, global: { plugins: [i18n, router] } });
  await flushPromises();
  return wrapper;
}

const page = (one: unknown) => good({ shield: one, earlier: [], events: [], proofs: [] });

test.each([
  [{ filing_changed: true }, "需要更新", "请持有人打开手机上的手机盾，更新证书"],
  [{ filing_ended: true }, "备案已终止", "不再任职的，请作废"],
])("%o", async (changes, word, todo) => {
  const one = shield(changes);
  GET.mockResolvedValue(good({ items: [one], next: null, count: { shields: 1, usable: 0, more: false } }));
  const list = await shown(ShieldsScreen);
  expect(list.get("td .chip").text()).toBe(word);
  expect(list.text()).toContain("可用 0 个");
  GET.mockResolvedValue(page(one));
  const screen = await shown(ShieldScreen, { number: one.shield_number });
  expect(screen.get(".name .chip").text()).toBe(word);
  expect(screen.get(".note").text()).toContain(todo);
});

test.each([
  [{ filing_changed: true, state: "revoked" }, "已作废", 0],
  [{ filing_changed: true, state: "expired" }, "已过期", 0],
  [{ filing_changed: true, holds: ["lost"], expiring: false }, "已挂失", 1],
  [{}, "即将到期", 0],
])("%o: shows the more serious state first", async (changes, word, notes) => {
  GET.mockResolvedValue(page(shield(changes)));
  const screen = await shown(ShieldScreen, { number: "MS10720460001" });
  expect(screen.get(".name .chip").text()).toBe(word);
  expect(screen.findAll(".note.warn")).toHaveLength(notes);
});
