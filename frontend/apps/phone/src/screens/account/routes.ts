import type { RouteRecordRaw } from "vue-router";

import { recentConsents } from "../../engine/policies.ts";
// The two screens that open first on a new phone are bundled with the app, which saves a round trip.
import LoginScreen from "./LoginScreen.vue";
import WelcomeScreen from "./WelcomeScreen.vue";

export const accountRoutes: RouteRecordRaw[] = [
  {
    path: "/welcome",
    name: "welcome",
    component: WelcomeScreen,
    meta: { isOpen: true, isBeginning: true },
  },
  {
    path: "/login",
    name: "login",
    component: LoginScreen,
    meta: { isOpen: true, isBeginning: true, isBeforeLogin: true },
  },
  {
    path: "/register",
    name: "register",
    component: () => import("./RegisterScreen.vue"),
    meta: { isOpen: true, isBeginning: true, isBeforeLogin: true },
    // Users must agree to the policies before they enter any data.
    beforeEnter: (to) => (recentConsents() === null ? { name: "consent", query: { to: to.fullPath } } : true),
  },
  {
    path: "/outside-login",
    name: "outside-login",
    component: () => import("./OutsideLoginScreen.vue"),
    meta: { isOpen: true, isBeginning: true },
  },
  {
    path: "/forgot",
    name: "forgot",
    component: () => import("./ForgotScreen.vue"),
    meta: { isOpen: true, isBeginning: true },
  },
];
