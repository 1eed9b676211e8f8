/** The logged-in user and the selected enterprise, per tab, so that two tabs can show two enterprises. */

import { useIntervalFn, useLocalStorage, useSessionStorage } from "@vueuse/core";
import type { EndReason } from "@mshield/desk/task.ts";
import { computed, reactive, ref, watch } from "vue";

import type { Enterprise, Session } from "./types.ts";

export const session = reactive({
  name: "",
  csrf: null as string | null,
  enterprises: [] as readonly Enterprise[],
});

/** True if this browser may have a session; if not, no call is made that would be refused. */
export const mayBeLoggedIn = useLocalStorage("mshield-portal-login", false);
/** Why this browser's last session ended, for its other tabs; empty after a logout. */
export const endReason = useLocalStorage<EndReason | "">("mshield-portal-ended", "");
const chosen = useSessionStorage("mshield-enterprise", "");

export const isLoggedIn = computed(() => session.csrf !== null);

/** The selected enterprise; there always is one during a session. */
export const enterprise = computed<Enterprise | null>(
  () => session.enterprises.find((one) => one.credit_code === chosen.value) ?? session.enterprises[0] ?? null,
);

const LOOK_AGAIN_MS = 10_000;
const now = ref(Date.now());
useIntervalFn(() => (now.value = Date.now()), LOOK_AGAIN_MS);
/**
 * Time (ms) from which acts that grant power are possible again after the password was reset by SMS; null if
 * nothing waits. A shield issued before the reset doesn't wait.
 */
export const waitEnd = computed(() => {
  const from = enterprise.value?.acts_from ?? null;
  return from !== null && from > now.value ? from : null;
});

export function choose(creditCode: string): void {
  chosen.value = creditCode;
}

export function enter(opened: Session): void {
  session.name = opened.name;
  session.csrf = opened.csrf_token;
  session.enterprises = opened.enterprises;
  mayBeLoggedIn.value = true;
}

/** Ends the session here; other tabs follow (`onEndedInOtherTab`) and show the reason. */
export function leave(why: EndReason | "" = ""): void {
  if (mayBeLoggedIn.value) endReason.value = why;
  session.name = "";
  session.csrf = null;
  session.enterprises = [];
  mayBeLoggedIn.value = false;
}

/** Calls `act` when the session ended in another tab, since nobody may see this page any more. */
export function onEndedInOtherTab(act: (why: EndReason | null) => void): void {
  watch(mayBeLoggedIn, (may) => {
    if (!may && isLoggedIn.value) act(endReason.value || null);
  });
}
