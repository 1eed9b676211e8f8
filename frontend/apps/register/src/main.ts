import { loadAbout } from "@mshield/desk/about.ts";
import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { applyAppearance } from "@mshield/look/vue/appearance.ts";
import { watchScreens } from "@mshield/look/vue/missed_screen.ts";
import { createApp } from "vue";

import "@mshield/desk/desk.css";
import RegisterRoot from "./RegisterRoot.vue";
import { router } from "./router.ts";

applyAppearance(settings);
void loadAbout();
watchScreens(router);
createApp(RegisterRoot).use(i18n).use(router).mount("#app");
