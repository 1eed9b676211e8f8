import type { RouteRecordRaw } from "vue-router";

export const identityRoutes: RouteRecordRaw[] = [
  { path: "/identity", name: "identity", component: () => import("./IdentityScreen.vue") },
  { path: "/identity/wait", name: "identity-wait", component: () => import("./WaitScreen.vue") },
  { path: "/identity/code", name: "identity-code", component: () => import("./CodeScreen.vue") },
  { path: "/identity/consent", name: "identity-consent", component: () => import("./ConsentScreen.vue") },
  {
    path: "/identity/real-name",
    name: "identity-real-name",
    component: () => import("./RealNameScreen.vue"),
  },
  { path: "/me/identity", name: "my-identity", component: () => import("./ProofsScreen.vue") },
];
