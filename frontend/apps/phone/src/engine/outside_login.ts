/** Login at an outside system's page (R2): leaving the app for it and returning. */

import {
  type PendingLogin,
  pendingLoginSerializer,
  makeOutsideLogin,
  type LoginReturn,
} from "@mshield/look/vue/outside_login.ts";
import { useLocalStorage } from "@vueuse/core";

import { recentConsents, dropConsents } from "./policies.ts";
import { shield } from "./shield.ts";

/** Storage of the login in progress. In localStorage, since the system may return to another tab. */
const way = makeOutsideLogin(
  useLocalStorage<PendingLogin | null>("mshield-outside-login", null, { serializer: pendingLoginSerializer }),
);

export const readReturn = way.read;

/** Opens the system's login page. Throws the engine's errors. */
export async function openLoginPage(source: string, next: unknown): Promise<void> {
  way.leave(await shield.beginOutsideLogin(source), next);
}

/** Logs in with the parameters that the system returned. Throws the engine's errors. */
export async function finish({ state, code }: LoginReturn): Promise<void> {
  await shield.finishOutsideLogin(state, code ?? "", recentConsents() ?? undefined);
  dropConsents();
  way.forget(state);
}
