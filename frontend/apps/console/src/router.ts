/** Pages by address, from places.ts; a deep link opens its page, after the login if required. */

import type { EndReason } from "@mshield/desk/task.ts";
import {
  createRouter,
  createWebHistory,
  type RouteLocationNormalized,
  type RouteLocationRaw,
  type RouteRecordRaw,
} from "vue-router";

import { resume } from "./engine/login.ts";
import { isLoggedIn, session } from "./engine/session.ts";
import type { Role } from "./engine/types.ts";
import { canOpen, PLACES, placesFor } from "./places.ts";

declare module "vue-router" {
  interface RouteMeta {
    /** True if it opens without a login. */
    isOpen?: boolean;
    /** Permitted roles; every logged-in member if empty. */
    roles?: readonly Role[];
  }
}

const pages: RouteRecordRaw[] = PLACES.flatMap((place) =>
  [place, ...(place.below ?? [])].map(({ path, page }) => ({
    path,
    component: page,
    props: true,
    meta: { roles: place.roles },
  })),
);

/** Returns the first place of the logged-in member. */
export function firstPlace(): string {
  return placesFor(session.roles)[0]?.path ?? "/me";
}

export const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  routes: [
    { path: "/", redirect: firstPlace },
    {
      path: "/login",
      name: "login",
      component: () => import("./screens/LoginScreen.vue"),
      meta: { isOpen: true },
    },
    { path: "/set-up", component: () => import("./screens/SetUpScreen.vue"), meta: { isOpen: true } },
    { path: "/refused", name: "refused", component: () => import("./screens/RefusedScreen.vue") },
    ...pages,
    { path: "/:unknown(.*)*", redirect: "/" },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

/** Leads to the login and afterwards to the wanted page; states the reason if a session ended. */
function toLogin(to: RouteLocationNormalized, ended?: EndReason): RouteLocationRaw {
  const isFirst = to.redirectedFrom?.path === "/" || to.name === "refused";
  return { name: "login", query: { ...(!isFirst && { next: to.fullPath }), ...(ended && { ended }) } };
}

let hasLooked = false;

router.beforeEach(async (to) => {
  if (!hasLooked) {
    hasLooked = true;
    const ended = await resume().catch(() => null);
    if (ended !== null && !to.meta.isOpen) return toLogin(to, ended);
    // The target of "/" depends on the roles, which were unknown before.
    if (isLoggedIn.value && to.redirectedFrom?.path === "/") return firstPlace();
  }
  if (to.meta.isOpen) return true;
  if (!isLoggedIn.value) return toLogin(to);
  return canOpen({ roles: to.meta.roles ?? [] }, session.roles) || { name: "refused" };
});
