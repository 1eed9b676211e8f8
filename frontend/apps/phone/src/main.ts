/** Starts the app. */

import { createApp } from "vue";

import AppRoot from "./AppRoot.vue";
import { router } from "./router.ts";
import { applySettings } from "./settings.ts";
import "./style/app.css";
import { i18n } from "./words/i18n.ts";

applySettings();
createApp(AppRoot).use(i18n).use(router).mount("#app");
