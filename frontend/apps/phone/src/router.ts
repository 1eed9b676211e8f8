/** The way from screen to screen. A deep link opens its screen, after the login where it needs one.
 *
 * It knows no screen, as screens know it: `screens/routes.ts` has them, and main.ts brings both together.
 */

import { ownPath } from "@mshield/look/vue/own_path.ts";
import { createRouter, createWebHistory, type RouteLocationNormalized } from "vue-router";

import { isByBrowser, watchBack } from "./engine/back.ts";
import { canSign } from "./engine/certificate_state.ts";
import { here, isShut } from "./engine/place.ts";
import { isLocked } from "./engine/lock.ts";
import { hasLogin, isLoggedIn, phone, readStatus, state } from "./engine/phone.ts";
import { dueConsents } from "./engine/policies.ts";
import { settings } from "./settings.ts";

declare module "vue-router" {
  interface RouteMeta {
    /** Opens for anybody; the others ask for the login first. */
    isOpen?: boolean;
    /** Leads to a login or a key: not where no key is safe. */
    isBeginning?: boolean;
    /** For who isn't logged in: nobody else comes back to it. */
    isBeforeLogin?: boolean;
    /** On the way to a certificate: who has one comes back home. */
    isBeforeKey?: boolean;
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
router.beforeEach(async (to, from) => {
  const place = here();
  // The browser's back and forward alone lead to what is over.
  const wasBack = isByBrowser(from);
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
  const over = await insteadOf(to, wasBack);
  if (over !== null) {
    return { path: over, replace: true };
  }
  // Whoever logged in by an address of their own has begun already.
  if (hasLogin.value && !settings.isWelcomed) {
    settings.isWelcomed = true;
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

/** Where a screen leads instead whose time is over; null where it isn't. The first login screen waits for nothing. */
async function insteadOf(to: RouteLocationNormalized, wasBack: boolean): Promise<string | null> {
  if (to.meta.isBeforeKey && wasBack) {
    return state.value !== null && canSign(state.value) ? "/" : null;
  }
  // What was done a moment ago ended the login, as a new password does, and is said there.
  const asks = to.meta.isBeforeLogin && to.query["done"] === undefined;
  if (!asks || (phone.status === null && to.name === "login")) {
    return null;
  }
  await readStatus().catch(() => null);
  if (!hasLogin.value) {
    return null;
  }
  return wasBack ? "/" : (ownPath(to.query["next"]) ?? "/");
}
