/** The way to the login screen and back to where the user wanted to be. */

import { router } from "../router.ts";
import { ownPath } from "./own_path.ts";

/** Asks for a login, after which the present screen opens again. */
export async function toLogin(): Promise<void> {
  const next = router.currentRoute.value.fullPath;
  await router.replace({ name: "login", query: next === "/" ? {} : { next } });
}

/** Where a login leads: only ever to a screen of this app. */
export function afterLogin(next: unknown): string {
  return ownPath(next) ?? "/";
}
