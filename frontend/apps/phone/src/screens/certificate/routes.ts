import type { RouteRecordRaw } from "vue-router";

export const certificateRoutes: RouteRecordRaw[] = [];
