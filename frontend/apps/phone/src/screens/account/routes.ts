import type { RouteRecordRaw } from "vue-router";

import { agreedHere } from "../../engine/policies.ts";
// The two that stand first where nothing is stored come with the app itself: no second trip for them.
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
    // Nobody enters anything before they agreed to it.
    beforeEnter: (to) => (agreedHere() === null ? { name: "consent", query: { to: to.fullPath } } : true),
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
