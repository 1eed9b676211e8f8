/** Mounts a component or screen with the app's texts, router and document. */

import { mount, type VueWrapper } from "@vue/test-utils";
import type { Component } from "vue";
import { createMemoryHistory, createRouter, type Router } from "vue-router";

import { i18n } from "../src/words/i18n.ts";

export interface Mounted {
  readonly wrapper: VueWrapper;
  readonly router: Router;
}

/** Screens that others navigate to by name. */
const NAMED = ["login", "forgot", "register"];

/** Mounts it at `address`; other addresses exist and are empty. */
export async function mounted(
  component: Component,
  props: Record<string, unknown> = {},
  address = "/",
): Promise<Mounted> {
  const empty = { template: "<i />" };
  const named = NAMED.map((name) => ({ path: `/${name}`, name, component: empty }));
  const routes = [
    ...named,
    { path: "/policies/:name", component: empty },
    { path: "/:any(.*)*", name: "any", component: empty },
  ];
  const router = createRouter({ history: createMemoryHistory(), routes });
  await router.push(address);
  const wrapper = mount(component, { props, global: { plugins: [i18n, router] }, attachTo: document.body });
  return { wrapper, router };
}
