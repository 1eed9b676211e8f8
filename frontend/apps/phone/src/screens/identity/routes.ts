import type { RouteRecordRaw } from "vue-router";

export const identityRoutes: RouteRecordRaw[] = [
  { path: "/identity", name: "identity", component: () => import("./IdentityScreen.vue") },
  { path: "/identity/wait", name: "identity-wait", component: () => import("./WaitScreen.vue") },
  { path: "/identity/code", name: "identity-code", component: () => import("./CodeScreen.vue") },
  { path: "/me/identity", name: "my-identity", component: () => import("./ProofsScreen.vue") },
];
