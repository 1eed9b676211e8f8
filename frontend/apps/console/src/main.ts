import { loadAbout } from "@mshield/desk/about.ts";
import { keepFocus } from "@mshield/desk/dialog_focus.ts";
import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { onLoggedOut } from "@mshield/desk/task.ts";
import { applyAppearance } from "@mshield/look/vue/appearance.ts";
import { watchScreens } from "@mshield/look/vue/missed_screen.ts";
import { createApp } from "vue";

import "@mshield/desk/desk.css";
import ConsoleRoot from "./ConsoleRoot.vue";
import { leave } from "./engine/session.ts";
import { router } from "./router.ts";

applyAppearance(settings);
void loadAbout();
watchScreens(router);
keepFocus();
onLoggedOut((ended) => {
  leave();
  return router.push({ name: "login", query: { next: router.currentRoute.value.fullPath, ended } });
});
createApp(ConsoleRoot).use(i18n).use(router).mount("#app");
