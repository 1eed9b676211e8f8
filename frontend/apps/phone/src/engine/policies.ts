/**
 * The policies that users agree to: the service's documents, cached for reading offline; the consents given
 * on this phone before there is an account; and the documents that an account must agree to again.
 */

import type { About, Consents, Policies, PolicyName } from "@mshield/shield";
import { setServiceZone } from "@mshield/look/vue/dates.ts";
import { makeAnswerOrder } from "@mshield/look/vue/answer_order.ts";
import { useLocalStorage } from "@vueuse/core";
import { readonly, ref, watch } from "vue";

import { shield } from "./shield.ts";

interface Agreed {
  readonly versions: Consents;
  readonly at: number;
}

/** Plain JSON, since the documents are public. */
const json = {
  read: (text: string) => {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  },
  write: (value: unknown) => JSON.stringify(value),
};
const storedPolicies = useLocalStorage<Policies | null>("mshield-policies", null, { serializer: json });
const storedAbout = useLocalStorage<About | null>("mshield-about", null, { serializer: json });
/**
 * The consents given on this phone. In localStorage, since the way back from an outside system's page may
 * open another tab.
 */
const agreed = useLocalStorage<Agreed | null>("mshield-agreed", null, { serializer: json });
const AGREED_FOR_MS = 3_600_000;
const due = ref<readonly PolicyName[]>([]);
const order = makeAnswerOrder();

export const dueConsents = readonly(due);

/** The cached documents, for reading only: newer ones may be in force. */
export const cachedPolicies = readonly(storedPolicies);

/** Returns the documents in force; the cached ones if the service can't be reached. */
export async function loadPolicies(): Promise<Policies> {
  try {
    storedPolicies.value = await shield.policies();
  } catch (error) {
    if (storedPolicies.value === null) {
      throw error;
    }
  }
  return storedPolicies.value;
}

watch(storedAbout, (now) => setServiceZone(now?.timeZone ?? null), { immediate: true });

/** The operator of the service as last cached; `loadAbout` updates it. */
export const aboutService = readonly(storedAbout);

export async function loadAbout(): Promise<void> {
  storedAbout.value = await shield.about();
}

/** Records what was agreed to on this phone, for the call that creates the account. */
export function recordConsents(versions: Consents): void {
  agreed.value = { versions, at: Date.now() };
}

/** Returns what was agreed to here within the last hour, or null. */
export function recentConsents(): Consents | null {
  const noted = agreed.value;
  return noted !== null && Math.abs(Date.now() - noted.at) < AGREED_FOR_MS ? noted.versions : null;
}

/** Drops the record once the account has it, so that the next person on this phone is asked themselves. */
export function dropConsents(): void {
  agreed.value = null;
}

/**
 * Checks whether the account must agree again; if the service can't be reached, the next start checks. The
 * operator's data is loaded afterwards and only on success, since the engine makes one call at a time and
 * retries each for seconds.
 */
export async function checkDueConsents(): Promise<void> {
  const isNewest = order();
  const names = await shield.dueConsents().catch(() => null);
  if (names !== null) {
    void loadAbout().catch(() => undefined);
  }
  if (isNewest()) {
    due.value = names ?? [];
  }
}

/** Records the account's consent to the displayed documents. Throws the engine's errors. */
export async function renewConsents(versions: Consents): Promise<void> {
  await shield.agree(versions);
  order.skip();
  due.value = [];
}
