/** The way from screen to screen. A deep link opens its screen, after the login where it needs one.
 *
 * It knows no screen, as screens know it: `screens/routes.ts` has them, and main.ts brings both together.
 */

import { createRouter, createWebHistory } from "vue-router";

import { watchBack } from "./engine/back.ts";
import { here, isShut } from "./engine/place.ts";
import { isLocked } from "./engine/lock.ts";
import { isLoggedIn, phone, readStatus } from "./engine/phone.ts";
import { dueConsents } from "./engine/policies.ts";
import { settings } from "./settings.ts";

declare module "vue-router" {
  interface RouteMeta {
    /** Opens for anybody; the others ask for the login first. */
    isOpen?: boolean;
    /** Leads to a login or a key: not where no key is safe. */
    isBeginning?: boolean;
    /** A key comes to be on it. */
    makesKey?: boolean;
    /** Shows the tab bar. */
    hasTabs?: boolean;
    /** Opens for an account that has to agree to a document anew: to do that, or to close the account. */
    isBeforeConsent?: boolean;
  }
}

export const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  routes: [],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

watchBack(router);
router.beforeEach(async (to) => {
  const place = here();
  if (to.name === "code" && to.query["c"] && (place.kind === "messenger" || !settings.isWelcomed)) {
    // A PC's code, scanned by something that has no shield: its owner is to scan it with the one that has.
    location.replace("/scanned");
    return false;
  }
  if (to.name !== "place" && isShut(place, to.meta)) {
    return { name: "place", query: to.path === "/" ? {} : { next: to.fullPath } };
  }
  if (isLocked() && to.name !== "locked") {
    return { name: "locked", query: { next: to.fullPath } };
  }
  if (!settings.isWelcomed && to.name !== "welcome" && !to.meta.isOpen) {
    return { name: "welcome", query: { next: to.fullPath } };
  }
  if (to.meta.isOpen) {
    return true;
  }
  if (phone.status === null) {
    await readStatus();
  }
  if (isLoggedIn.value && dueConsents.value.length > 0 && !to.meta.isBeforeConsent) {
    return { name: "agree", query: { next: to.fullPath } };
  }
  return isLoggedIn.value ? true : { name: "login", query: to.path === "/" ? {} : { next: to.fullPath } };
});
