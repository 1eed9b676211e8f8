import type { RouteRecordRaw } from "vue-router";

export const lockRoutes: RouteRecordRaw[] = [
  {
    path: "/locked",
    name: "locked",
    component: () => import("./LockedScreen.vue"),
    meta: { isOpen: true },
  },
];
