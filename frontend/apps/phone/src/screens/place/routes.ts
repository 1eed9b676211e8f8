import type { RouteRecordRaw } from "vue-router";

export const placeRoutes: RouteRecordRaw[] = [
  { path: "/place", name: "place", component: () => import("./PlaceScreen.vue"), meta: { isOpen: true } },
];
