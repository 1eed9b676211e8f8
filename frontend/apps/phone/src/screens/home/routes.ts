import type { RouteRecordRaw } from "vue-router";

export const homeRoutes: RouteRecordRaw[] = [
  { path: "/", name: "home", component: () => import("./HomeScreen.vue"), meta: { hasTabs: true } },
  { path: "/next", name: "next", component: () => import("./NextScreen.vue") },
];
