/** The logged-in member and their roles. */

import { useLocalStorage } from "@vueuse/core";
import { computed, reactive } from "vue";

import type { Role, Session } from "./types.ts";

export const session = reactive({
  id: "",
  name: "",
  roles: [] as readonly Role[],
  csrf: null as string | null,
});

/** True if this browser may have a session; if not, no call is made that would be refused. */
export const mayBeLoggedIn = useLocalStorage("mshield-console-login", false);

export const isLoggedIn = computed(() => session.csrf !== null);

/** Reports whether they have one of these roles. */
export function hasRole(...roles: readonly Role[]): boolean {
  return roles.some((role) => session.roles.includes(role));
}

export function enter(opened: Session): void {
  session.id = opened.id;
  session.name = opened.name;
  session.roles = opened.roles;
  session.csrf = opened.csrf_token;
  mayBeLoggedIn.value = true;
}

export function leave(): void {
  session.id = "";
  session.name = "";
  session.roles = [];
  session.csrf = null;
  mayBeLoggedIn.value = false;
}
