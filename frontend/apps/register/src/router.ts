/** Router of the only page; what is typed stays in memory. */

import { createRouter, createWebHistory } from "vue-router";

export const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  routes: [
    { path: "/", component: () => import("./screens/RegisterScreen.vue") },
    { path: "/:unknown(.*)*", redirect: "/" },
  ],
});
