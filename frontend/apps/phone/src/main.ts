/** Entry point of the app. */

import { applyAppearance } from "@mshield/look/vue/appearance.ts";
import { watchScreens } from "@mshield/look/vue/missed_screen.ts";
import { createApp } from "vue";

import AppRoot from "./AppRoot.vue";
import { prepareApp, startBackgroundWork } from "./engine/lifecycle.ts";
import { router } from "./router.ts";
import { routes } from "./screens/routes.ts";
import { settings } from "./settings.ts";
import "./style/app.css";
import { i18n } from "./words/i18n.ts";

/**
 * Starts the app. It is a function without top-level await, since dynamically loaded files wait for this
 * module to finish: awaiting them in it would deadlock.
 */
async function start(): Promise<void> {
  applyAppearance(settings);
  for (const route of routes) {
    router.addRoute(route);
  }
  watchScreens(router);
  await prepareApp();
  createApp(AppRoot).use(i18n).use(router).mount("#app");
  await router.isReady();
  startBackgroundWork();
}

void start();
