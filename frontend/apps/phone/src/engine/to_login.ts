/** Navigation to the login screen and back to the screen that the user wanted. */

import type { LocationQueryRaw } from "vue-router";

import { router } from "../router.ts";
import { recordLoginEnd } from "./phone.ts";
import { ownPath } from "@mshield/look/vue/own_path.ts";

/** Opens the login screen, which returns to the current screen afterwards. */
export async function toLogin(): Promise<void> {
  recordLoginEnd();
  const next = router.currentRoute.value.fullPath;
  await router.replace({ name: "login", query: next === "/" ? {} : { next } });
}

/**
 * Returns to the login screen from a screen it led to. If the login screen is the previous history entry,
 * this goes back to it: opening it again would leave a login screen behind the home screen.
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

/** Returns the path to open after a login; always a screen of this app. */
export function afterLogin(next: unknown): string {
  return ownPath(next) ?? "/";
}
