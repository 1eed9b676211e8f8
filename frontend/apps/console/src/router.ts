/** The pages by their addresses, from places.ts; a deep link opens its page, after the login where it needs one. */

import type { Ended } from "@mshield/desk/task.ts";
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
import { isFor, PLACES, placesFor } from "./places.ts";

declare module "vue-router" {
  interface RouteMeta {
    /** Opens for anybody. */
    isOpen?: boolean;
    /** Who may open it; everybody who is logged in where there are none. */
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

/** The first place of who is logged in. */
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

/** Afterwards they are where they wanted to go; told why they have to, where they were logged in. */
function toLogin(to: RouteLocationNormalized, ended?: Ended): RouteLocationRaw {
  const isFirst = to.redirectedFrom?.path === "/" || to.name === "refused";
  return { name: "login", query: { ...(!isFirst && { next: to.fullPath }), ...(ended && { ended }) } };
}

let hasLooked = false;

router.beforeEach(async (to) => {
  if (!hasLooked) {
    hasLooked = true;
    const ended = await resume().catch(() => null);
    if (ended !== null && !to.meta.isOpen) return toLogin(to, ended);
    // What "/" leads to depends on the roles, which were not known before.
    if (isLoggedIn.value && to.redirectedFrom?.path === "/") return firstPlace();
  }
  if (to.meta.isOpen) return true;
  if (!isLoggedIn.value) return toLogin(to);
  return isFor({ roles: to.meta.roles ?? [] }, session.roles) || { name: "refused" };
});
