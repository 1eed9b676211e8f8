/** Pages by address; a deep link opens its page, after the login if required. */

import { ownPath } from "@mshield/look/vue/own_path.ts";
import { createRouter, createWebHistory } from "vue-router";

import { resume } from "./engine/login.ts";
import { isLoggedIn } from "./engine/session.ts";

declare module "vue-router" {
  interface RouteMeta {
    /** True if it opens without a login. */
    isOpen?: boolean;
  }
}

export const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  routes: [
    { path: "/", redirect: "/shields" },
    {
      path: "/login",
      name: "login",
      component: () => import("./screens/LoginScreen.vue"),
      meta: { isOpen: true },
    },
    {
      path: "/outside-login",
      name: "outside-login",
      component: () => import("./screens/LoginScreen.vue"),
      meta: { isOpen: true },
    },
    { path: "/shields", component: () => import("./screens/ShieldsScreen.vue") },
    { path: "/shields/:number", component: () => import("./screens/ShieldScreen.vue"), props: true },
    { path: "/applications", component: () => import("./screens/ApplicationsScreen.vue") },
    { path: "/asks", component: () => import("./screens/AsksScreen.vue") },
    { path: "/people", component: () => import("./screens/PeopleScreen.vue") },
    { path: "/history", component: () => import("./screens/HistoryScreen.vue") },
    { path: "/enterprises", component: () => import("./screens/EnterprisesScreen.vue") },
    { path: "/guide", component: () => import("./screens/GuideScreen.vue"), meta: { isOpen: true } },
    { path: "/:unknown(.*)*", redirect: "/" },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

let hasLooked = false;

router.beforeEach(async (to) => {
  if (!hasLooked) {
    hasLooked = true;
    const ended = await resume().catch(() => null);
    if (ended !== null && !to.meta.isOpen) {
      return { name: "login", query: { ...(ended !== "filing" && { next: to.fullPath }), ended } };
    }
  }
  // A logged-in user who goes back to the login, or opens its address, is led on.
  if (to.name === "login" && isLoggedIn.value) return ownPath(to.query["next"]) ?? "/shields";
  if (to.meta.isOpen || isLoggedIn.value) {
    return true;
  }
  return { name: "login", query: to.path === "/shields" ? {} : { next: to.fullPath } };
});
