import type { RouteRecordRaw } from "vue-router";

export const meRoutes: RouteRecordRaw[] = [
  { path: "/me", name: "me", component: () => import("./MeScreen.vue"), meta: { hasTabs: true } },
  {
    path: "/me/certificate",
    name: "my-certificate",
    component: () => import("./certificate/CertificateScreen.vue"),
  },
  {
    path: "/me/signatures",
    name: "my-signatures",
    component: () => import("./signatures/SignaturesScreen.vue"),
  },
  {
    path: "/me/signatures/:sid",
    name: "my-signature",
    component: () => import("./signatures/SignatureScreen.vue"),
  },
  { path: "/me/devices", name: "my-devices", component: () => import("./devices/DevicesScreen.vue") },
  { path: "/me/password", name: "password", component: () => import("./password/PasswordScreen.vue") },
  { path: "/me/settings", name: "settings", component: () => import("./settings/SettingsScreen.vue") },
  {
    path: "/me/about",
    name: "about",
    component: () => import("./settings/AboutScreen.vue"),
    meta: { isOpen: true },
  },
  { path: "/faq", name: "faq", component: () => import("./faq/FaqScreen.vue"), meta: { isOpen: true } },
  {
    path: "/faq/:id",
    name: "faq-entry",
    component: () => import("./faq/FaqEntryScreen.vue"),
    meta: { isOpen: true },
  },
];
