import type { RouteRecordRaw } from "vue-router";

export const accountRoutes: RouteRecordRaw[] = [
  { path: "/login", name: "login", component: () => import("./LoginScreen.vue"), meta: { isOpen: true } },
];
