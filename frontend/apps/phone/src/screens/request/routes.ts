import type { RouteRecordRaw } from "vue-router";

export const requestRoutes: RouteRecordRaw[] = [
  // These three open before the login too: the first two store what they read until the login, and the third
  // displays it.
  {
    path: "/scan",
    name: "scan",
    component: () => import("./ScanScreen.vue"),
    meta: { isOpen: true, isBeginning: true },
  },
  {
    path: "/q/:id",
    name: "code",
    component: () => import("./LinkScreen.vue"),
    meta: { isOpen: true, isBeginning: true },
  },
  {
    path: "/claimed",
    name: "claimed",
    component: () => import("./claimed/ClaimedScreen.vue"),
    meta: { isOpen: true, isBeginning: true },
  },
  { path: "/sign", name: "sign", component: () => import("./LinkScreen.vue") },
  { path: "/request", name: "request", component: () => import("./RequestScreen.vue") },
  { path: "/result", name: "result", component: () => import("./ResultScreen.vue") },
  { path: "/inbox", name: "inbox", component: () => import("./InboxScreen.vue") },
];
