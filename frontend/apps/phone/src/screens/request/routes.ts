import type { RouteRecordRaw } from "vue-router";

export const requestRoutes: RouteRecordRaw[] = [
  // Before the login too: what the first two read is kept for it, and the third shows it.
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
