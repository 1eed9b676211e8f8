/** Starts the app. */

import { applyAppearance } from "@mshield/look/vue/appearance.ts";
import { watchScreens } from "@mshield/look/vue/missed_screen.ts";
import { createApp } from "vue";

import AppRoot from "./AppRoot.vue";
import { begin, goOn } from "./engine/life.ts";
import { router } from "./router.ts";
import { routes } from "./screens/routes.ts";
import { settings } from "./settings.ts";
import "./style/app.css";
import { i18n } from "./words/i18n.ts";

/** A function, since files that come later wait for the end of this module: what they bring must not be awaited in it. */
async function start(): Promise<void> {
  applyAppearance(settings);
  for (const route of routes) {
    router.addRoute(route);
  }
  watchScreens(router);
  await begin();
  createApp(AppRoot).use(i18n).use(router).mount("#app");
  await router.isReady();
  goOn();
}

void start();
