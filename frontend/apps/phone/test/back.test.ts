// @vitest-environment happy-dom
/**
 * The back button closes an overlay, or goes back one step within the screen, before it leaves the screen.
 */

import { flushPromises } from "@vue/test-utils";
import { beforeEach, expect, test, vi } from "vitest";
import { nextTick } from "vue";
import type { Router } from "vue-router";

import { mounted } from "./mounted.ts";

vi.mock("../src/engine/shield.ts", () => ({ shield: {}, getReady: () => undefined }));
const { watchBack } = await import("../src/engine/back.ts");
const { useDraft } = await import("../src/engine/draft.ts");
const { default: BottomSheet } = await import("../src/parts/BottomSheet.vue");
const { default: NewPin } = await import("../src/parts/NewPin.vue");
const { default: PageFrame } = await import("../src/parts/PageFrame.vue");

beforeEach(() => history.replaceState({ position: 3 }, ""));

/** Simulates the browser's back button: the history has moved, and the router then asks its guards. */
async function back(router: Router): Promise<string> {
  const { position } = history.state as { position: number };
  history.replaceState({ position: position - 1 }, "");
  if (await router.push("/before")) {
    history.replaceState({ position }, ""); // as the router does after a refused navigation
  }
  return router.currentRoute.value.path;
}

test("back closes an open sheet and stays; back again leaves", async () => {
  const { wrapper, router } = await mounted(BottomSheet, { label: "sheet" }, "/here");
  watchBack(router);
  expect(await back(router)).toBe("/here");
  expect(wrapper.emitted("close")).toHaveLength(1);
  wrapper.unmount();
  expect(await back(router)).toBe("/before");
});

test("a sheet doesn't block a navigation by the app itself", async () => {
  const { wrapper, router } = await mounted(BottomSheet, { label: "sheet" }, "/here");
  watchBack(router);
  await router.replace("/done");
  expect(router.currentRoute.value.path).toBe("/done");
  expect(wrapper.emitted("close")).toBeUndefined();
  wrapper.unmount();
});

test("back closes the upper of two sheets", async () => {
  const { wrapper: lower, router } = await mounted(BottomSheet, { label: "lower" }, "/here");
  watchBack(router);
  const { wrapper: upper } = await mounted(BottomSheet, { label: "upper" });
  await back(router);
  expect([lower.emitted("close"), upper.emitted("close")]).toEqual([undefined, [[]]]);
  upper.unmount();
  lower.unmount();
});

test("back, also by the bar's arrow, goes from the second entry of a new PIN to the first one", async () => {
  const { wrapper, router } = await mounted(NewPin, { check: async () => undefined }, "/here");
  watchBack(router);
  const { wrapper: bar } = await mounted(PageFrame, { title: "bar" });
  for (const goBack of [() => back(router), () => bar.get("button").trigger("click")]) {
    const digit = wrapper.findAll(".pad button").find((key) => key.text() === "7")!;
    for (let n = 0; n < 6; n++) await digit.trigger("click");
    await flushPromises();
    expect(wrapper.text()).toContain("第 2 步");
    await goBack();
    await nextTick();
    expect(wrapper.text()).toContain("第 1 步");
    expect(router.currentRoute.value.path).toBe("/here");
  }
  bar.unmount();
  wrapper.unmount();
});

test("a form that isn't left keeps its draft for the way back from help", async () => {
  const { wrapper, router } = await mounted(BottomSheet, { label: "sheet" }, "/here");
  watchBack(router);
  const form = useDraft(router, "/here", { name: "林知远" });
  await back(router);
  expect(useDraft(router, "/here", { name: "" })).toBe(form);
  wrapper.unmount();
});
