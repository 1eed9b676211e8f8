import type { RouteRecordRaw } from "vue-router";

/** Marks screens that are only part of the way to a certificate. */
const meta = { isBeforeKey: true };

export const identityRoutes: RouteRecordRaw[] = [
  { path: "/identity", name: "identity", component: () => import("./IdentityScreen.vue"), meta },
  { path: "/identity/wait", name: "identity-wait", component: () => import("./WaitScreen.vue"), meta },
  { path: "/identity/code", name: "identity-code", component: () => import("./CodeScreen.vue"), meta },
  {
    path: "/identity/consent",
    name: "identity-consent",
    component: () => import("./ConsentScreen.vue"),
    meta,
  },
  {
    path: "/identity/real-name",
    name: "identity-real-name",
    component: () => import("./RealNameScreen.vue"),
    meta,
  },
  { path: "/me/identity", name: "my-identity", component: () => import("./ProofsScreen.vue") },
];
