// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";

import { missedScreen, watchScreens } from "../vue/missed_screen.ts";

const screen = { template: "" };

test("reports a screen whose file is missing, with its address, until another one opens", async () => {
  let isThere = false;
  const router = createRouter({
    history: createMemoryHistory("/portal/"),
    routes: [
      { path: "/", component: screen },
      {
        path: "/shields/:number",
        component: async () => {
          if (!isThere) throw new TypeError("Failed to fetch dynamically imported module");
          return screen;
        },
      },
    ],
  });
  watchScreens(router);
  await router.push("/");
  expect(missedScreen.value).toBeNull();
  await expect(router.push("/shields/MS1?from=list")).rejects.toThrow();
  expect(missedScreen.value).toBe("/portal/shields/MS1?from=list");
  await expect(router.push("/shields/MS1?from=list")).rejects.toThrow();
  expect(missedScreen.value).not.toBeNull();
  isThere = true;
  await router.push("/shields/MS1");
  expect(missedScreen.value).toBeNull();
});

test("retries a failed file once before reporting it", async () => {
  let asked = 0;
  const router = createRouter({
    history: createMemoryHistory("/portal/"),
    routes: [
      { path: "/", component: screen },
      {
        path: "/shields",
        component: async () => {
          asked += 1;
          if (asked === 1) throw new TypeError("Failed to fetch dynamically imported module");
          return screen;
        },
      },
    ],
  });
  watchScreens(router);
  await router.push("/shields");
  expect([asked, missedScreen.value, router.currentRoute.value.path]).toEqual([2, null, "/shields"]);
});
