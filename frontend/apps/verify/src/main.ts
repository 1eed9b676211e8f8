import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { applyAppearance } from "@mshield/look/vue/appearance.ts";
import { createApp } from "vue";
import { createRouter, createWebHistory } from "vue-router";

import "@mshield/desk/desk.css";
import { start } from "./engine/verification.ts";
import "./print.css";
import VerifyRoot from "./VerifyRoot.vue";
import VerifyScreen from "./VerifyScreen.vue";

applyAppearance(settings);
const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  routes: [{ path: "/:any(.*)*", component: VerifyScreen }],
});
createApp(VerifyRoot).use(i18n).use(router).mount("#app");
void start();
