/** The way to the login screen and back to where the user wanted to be. */

import type { LocationQueryRaw } from "vue-router";

import { router } from "../router.ts";
import { noteEnd } from "./phone.ts";
import { ownPath } from "@mshield/look/vue/own_path.ts";

/** Asks for a login, after which the present screen opens again. */
export async function toLogin(): Promise<void> {
  noteEnd();
  const next = router.currentRoute.value.fullPath;
  await router.replace({ name: "login", query: next === "/" ? {} : { next } });
}

/**
 * Back at the login screen from one that it led to. Where that login stands behind in the history it is gone back to:
 * opened once more, the way back from home would end at a login.
 */
export async function backToLogin(query: LocationQueryRaw): Promise<void> {
  if (/^\/login(?:\?|$)/.test(String(window.history.state?.back))) {
    await new Promise<void>((resolve) => {
      const stop = router.afterEach(() => (stop(), resolve()));
      router.back();
    });
  }
  await router.replace({ name: "login", query });
}

/** Where a login leads: only ever to a screen of this app. */
export function afterLogin(next: unknown): string {
  return ownPath(next) ?? "/";
}
