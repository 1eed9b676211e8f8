import type { RouteRecordRaw } from "vue-router";

export const consentRoutes: RouteRecordRaw[] = [
  {
    path: "/consent",
    name: "consent",
    component: () => import("./ConsentScreen.vue"),
    meta: { isOpen: true },
  },
  {
    path: "/policies/:name(privacy|agreement)",
    name: "policy",
    component: () => import("./PolicyScreen.vue"),
    meta: { isOpen: true },
  },
  {
    path: "/contact",
    name: "contact",
    component: () => import("./ContactScreen.vue"),
    meta: { isOpen: true },
  },
  { path: "/me/data", name: "my-data", component: () => import("./DataScreen.vue") },
  {
    path: "/me/data/export",
    name: "export",
    component: () => import("./ExportScreen.vue"),
    meta: { isBeforeConsent: true },
  },
  {
    path: "/me/data/close",
    name: "close",
    component: () => import("./CloseScreen.vue"),
    meta: { isBeforeConsent: true },
  },
  {
    path: "/agree",
    name: "agree",
    component: () => import("./AgreeScreen.vue"),
    meta: { isBeforeConsent: true },
  },
];
