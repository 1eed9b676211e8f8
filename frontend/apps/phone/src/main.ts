/** Starts the app. */

import { createApp } from "vue";

import AppRoot from "./AppRoot.vue";
import { begin, goOn } from "./engine/life.ts";
import { router } from "./router.ts";
import { applySettings } from "./settings.ts";
import "./style/app.css";
import { i18n } from "./words/i18n.ts";

applySettings();
await begin();
createApp(AppRoot).use(i18n).use(router).mount("#app");
await router.isReady();
goOn();
