// @vitest-environment happy-dom
/**
 * Checked consents are kept while the user reads a document, and dropped with another screen or new versions.
 */

import { flushPromises } from "@vue/test-utils";
import { beforeEach, expect, test, vi } from "vitest";
import { createMemoryHistory, createRouter, type Router } from "vue-router";
import { mount, type VueWrapper } from "@vue/test-utils";
import type { Component } from "vue";

import { i18n } from "../src/words/i18n.ts";

const policies = vi.fn();
vi.mock("../src/engine/shield.ts", () => ({ shield: { policies } }));
const { default: ConsentScreen } = await import("../src/screens/consent/ConsentScreen.vue");
const { default: AgreeScreen } = await import("../src/screens/consent/AgreeScreen.vue");

const versions = { agreement: 1, privacy: 1, sensitive: 1 };
let wrapper: VueWrapper;

async function opened(path: string, screen: Component): Promise<Router> {
  const empty = { template: "<i />" };
  const routes = [
    { path, component: screen },
    { path: "/:any(.*)*", component: empty },
  ];
  const router = createRouter({ history: createMemoryHistory(), routes });
  await router.push(path);
  wrapper = mount({ template: "<RouterView />" }, { global: { plugins: [i18n, router] } });
  await flushPromises();
  return router;
}

async function come(router: Router, path: string): Promise<void> {
  await router.push(path);
  await flushPromises();
}

const ticked = (): string[] =>
  wrapper
    .findAll<HTMLInputElement>("input")
    .filter(({ element }) => element.checked)
    .map(({ element }) => element.name);

beforeEach(() => policies.mockReset().mockResolvedValue({ versions, documents: [] }));

test.for([
  ["/consent", ConsentScreen],
  ["/agree", AgreeScreen],
] as const)("at %s", async ([path, screen]) => {
  const router = await opened(path, screen);
  await wrapper.get("input[name=agreement]").setValue(true);
  await wrapper.get("input[name=sensitive]").setValue(true);
  await come(router, "/policies/privacy");
  await come(router, path);
  expect(ticked()).toEqual(["agreement", "sensitive"]);

  await come(router, "/policies/agreement");
  policies.mockResolvedValue({ versions: { ...versions, privacy: 2 }, documents: [] });
  await come(router, path);
  expect(ticked()).toEqual([]);

  await wrapper.get("input[name=agreement]").setValue(true);
  await come(router, "/login");
  await come(router, path);
  expect(ticked()).toEqual([]);
  wrapper.unmount();
});
