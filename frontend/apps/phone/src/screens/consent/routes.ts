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
  {
    path: "/agree",
    name: "agree",
    component: () => import("./AgreeScreen.vue"),
    meta: { isBeforeConsent: true },
  },
];
