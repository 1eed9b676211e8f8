/** All screens by their addresses. */

import type { RouteRecordRaw } from "vue-router";

import { accountRoutes } from "./account/routes.ts";
import { askRoutes } from "./asks/routes.ts";
import { certificateRoutes } from "./certificate/routes.ts";
import { consentRoutes } from "./consent/routes.ts";
import { homeRoutes } from "./home/routes.ts";
import { identityRoutes } from "./identity/routes.ts";
import { lockRoutes } from "./lock/routes.ts";
import { meRoutes } from "./me/routes.ts";
import { placeRoutes } from "./place/routes.ts";
import { requestRoutes } from "./request/routes.ts";

export const routes: readonly RouteRecordRaw[] = [
  ...homeRoutes,
  ...accountRoutes,
  ...askRoutes,
  ...certificateRoutes,
  ...consentRoutes,
  ...identityRoutes,
  ...placeRoutes,
  ...requestRoutes,
  ...meRoutes,
  ...lockRoutes,
  { path: "/:unknown(.*)*", redirect: "/" },
];
