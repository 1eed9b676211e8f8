/**
 * The router. A deep link opens its screen, after the login if it needs one.
 *
 * The router imports no screens, since screens import the router: `screens/routes.ts` lists them, and main.ts
 * combines the two.
 */

import { ownPath } from "@mshield/look/vue/own_path.ts";
import { createRouter, createWebHistory, type RouteLocationNormalized } from "vue-router";

import { isByBrowser, watchBack } from "./engine/back.ts";
import { canSign } from "./engine/certificate_state.ts";
import { currentPlace, isScreenClosed } from "./engine/place.ts";
import { isLocked } from "./engine/lock.ts";
import { hasLogin, isLoggedIn, phone, readStatus, state } from "./engine/phone.ts";
import { dueConsents } from "./engine/policies.ts";
import { settings } from "./settings.ts";

declare module "vue-router" {
  interface RouteMeta {
    /** Opens without a login; all other screens require one. */
    isOpen?: boolean;
    /** Leads to a login or a key: closed where no key is safe. */
    isBeginning?: boolean;
    /** Is for users who aren't logged in; others are redirected. */
    isBeforeLogin?: boolean;
    /** Part of the way to a certificate: going back to it with a working certificate leads home. */
    isBeforeKey?: boolean;
    /** Creates a key. */
    makesKey?: boolean;
    /** Shows the tab bar. */
    hasTabs?: boolean;
    /** Opens even if the account must agree to a new document: to agree to it, or to close the account. */
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
  const place = currentPlace();
  // Only the browser's back and forward buttons can lead to a finished screen.
  const wasBack = isByBrowser(from);
  if (to.name === "code" && to.query["c"] && (place.kind === "messenger" || !settings.isWelcomed)) {
    // The QR code of a PC, opened by an app or browser that has no shield: tell the user to scan it with the
    // app that has one.
    location.replace("/scanned");
    return false;
  }
  if (to.name !== "place" && isScreenClosed(place, to.meta)) {
    return { name: "place", query: to.path === "/" ? {} : { next: to.fullPath } };
  }
  if (isLocked() && to.name !== "locked") {
    return { name: "locked", query: { next: to.fullPath } };
  }
  const redirect = await redirectFrom(to, wasBack);
  if (redirect !== null) {
    return { path: redirect, replace: true };
  }
  // A user who logged in by a direct link has passed the welcome.
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

/**
 * Returns the path to open instead of a screen that no longer applies, or null. The first login screen is
 * opened without waiting.
 */
async function redirectFrom(to: RouteLocationNormalized, wasBack: boolean): Promise<string | null> {
  if (to.meta.isBeforeKey && wasBack) {
    return state.value !== null && canSign(state.value) ? "/" : null;
  }
  // With `done`, a completed action such as a new password has just ended the login, and the screen reports
  // it.
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
