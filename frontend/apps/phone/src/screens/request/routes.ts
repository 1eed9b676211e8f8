import type { RouteRecordRaw } from "vue-router";

export const requestRoutes: RouteRecordRaw[] = [];
