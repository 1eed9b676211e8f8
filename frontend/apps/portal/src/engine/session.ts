/** Who is logged in, and for which of their enterprises they look: per tab, so that two tabs can show two of them. */

import { useIntervalFn, useLocalStorage, useSessionStorage } from "@vueuse/core";
import type { Ended } from "@mshield/desk/task.ts";
import { computed, reactive, ref, watch } from "vue";

import type { Enterprise, Session } from "./types.ts";

export const session = reactive({
  name: "",
  csrf: null as string | null,
  enterprises: [] as readonly Enterprise[],
});

/** Whether this browser may have a session: without it nothing is asked, and nothing is refused. */
export const mayBeLoggedIn = useLocalStorage("mshield-portal-login", false);
/** Why the last session of this browser ended, for its other tabs; empty where somebody logged out. */
export const endedBecause = useLocalStorage<Ended | "">("mshield-portal-ended", "");
const chosen = useSessionStorage("mshield-enterprise", "");

export const isLoggedIn = computed(() => session.csrf !== null);

/** The enterprise whose shields are shown; there is one as long as they are logged in. */
export const enterprise = computed<Enterprise | null>(
  () => session.enterprises.find((one) => one.credit_code === chosen.value) ?? session.enterprises[0] ?? null,
);

const LOOK_AGAIN_MS = 10_000;
const now = ref(Date.now());
useIntervalFn(() => (now.value = Date.now()), LOOK_AGAIN_MS);
/**
 * Until when (ms) what gives power waits, since the password was set anew by SMS; null where nothing waits. A shield of
 * theirs from before doesn't wait.
 */
export const waitsUntil = computed(() => {
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

/** Other tabs leave too (`onLeftElsewhere`), and say why. */
export function leave(why: Ended | "" = ""): void {
  if (mayBeLoggedIn.value) endedBecause.value = why;
  session.name = "";
  session.csrf = null;
  session.enterprises = [];
  mayBeLoggedIn.value = false;
}

/** Does this when the session ended in another tab: what stands here is nobody's to see any more. */
export function onLeftElsewhere(act: (why: Ended | null) => void): void {
  watch(mayBeLoggedIn, (may) => {
    if (!may && isLoggedIn.value) act(endedBecause.value || null);
  });
}
