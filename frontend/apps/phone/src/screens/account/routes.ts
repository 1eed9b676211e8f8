import type { RouteRecordRaw } from "vue-router";

export const accountRoutes: RouteRecordRaw[] = [
  {
    path: "/welcome",
    name: "welcome",
    component: () => import("./WelcomeScreen.vue"),
    meta: { isOpen: true },
  },
  { path: "/login", name: "login", component: () => import("./LoginScreen.vue"), meta: { isOpen: true } },
  {
    path: "/register",
    name: "register",
    component: () => import("./RegisterScreen.vue"),
    meta: { isOpen: true },
  },
  {
    path: "/outside-login",
    name: "outside-login",
    component: () => import("./OutsideLoginScreen.vue"),
    meta: { isOpen: true },
  },
  { path: "/forgot", name: "forgot", component: () => import("./ForgotScreen.vue"), meta: { isOpen: true } },
];
