import type { RouteRecordRaw } from "vue-router";

export const askRoutes: RouteRecordRaw[] = [
  { path: "/asks", name: "asks", component: () => import("./AsksScreen.vue") },
];
