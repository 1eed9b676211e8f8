import { loadAbout } from "@mshield/desk/about.ts";
import { keepFocus } from "@mshield/desk/dialog_focus.ts";
import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { type EndReason, onLoggedOut } from "@mshield/desk/task.ts";
import { applyAppearance } from "@mshield/look/vue/appearance.ts";
import { watchScreens } from "@mshield/look/vue/missed_screen.ts";
import { createApp } from "vue";

import "@mshield/desk/desk.css";
import { filingEnded } from "./engine/login.ts";
import { leave, onEndedInOtherTab } from "./engine/session.ts";
import PortalRoot from "./PortalRoot.vue";
import { router } from "./router.ts";

applyAppearance(settings);
void loadAbout();
watchScreens(router);
keepFocus();
function toLogin(ended: EndReason | null): Promise<unknown> {
  leave(ended ?? "");
  if (ended === null) return router.push({ name: "login" });
  const next = ended === "filing" ? {} : { next: router.currentRoute.value.fullPath };
  return router.push({ name: "login", query: { ...next, ended } });
}
onLoggedOut(toLogin, filingEnded);
onEndedInOtherTab((why) => void toLogin(why));
createApp(PortalRoot).use(i18n).use(router).mount("#app");
