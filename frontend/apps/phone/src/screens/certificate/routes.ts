import type { RouteRecordRaw } from "vue-router";

export const certificateRoutes: RouteRecordRaw[] = [
  { path: "/apply", name: "apply", component: () => import("./ApplyScreen.vue"), meta: { makesKey: true } },
  { path: "/bind", name: "bind", component: () => import("./BindScreen.vue") },
  { path: "/pin", name: "pin", component: () => import("./PinScreen.vue") },
  { path: "/renew", name: "renew", component: () => import("./RenewScreen.vue"), meta: { makesKey: true } },
  {
    path: "/replace-phone",
    name: "replace-phone",
    component: () => import("./ReplacePhoneScreen.vue"),
    meta: { isOpen: true },
  },
];
