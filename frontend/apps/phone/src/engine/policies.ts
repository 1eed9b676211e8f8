/**
 * What people agree to: the documents as the service has them, kept here for reading without a network; what was agreed
 * to on this phone before there is an account; and what an account has to agree to anew.
 */

import type { About, Consents, Policies, PolicyName } from "@mshield/shield";
import { nameZoneBeside } from "@mshield/look/vue/dates.ts";
import { makeOrder } from "@mshield/look/vue/in_order.ts";
import { useLocalStorage } from "@vueuse/core";
import { readonly, ref, watch } from "vue";

import { shield } from "./shield.ts";

interface Agreed {
  readonly versions: Consents;
  readonly at: number;
}

/** Nothing secret: what everybody may read. */
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
const keptPolicies = useLocalStorage<Policies | null>("mshield-policies", null, { serializer: json });
const keptAbout = useLocalStorage<About | null>("mshield-about", null, { serializer: json });
/** In localStorage: the way back from an outside system's page may open another tab. */
const agreed = useLocalStorage<Agreed | null>("mshield-agreed", null, { serializer: json });
const AGREED_FOR_MS = 3_600_000;
const due = ref<readonly PolicyName[]>([]);
const order = makeOrder();

export const dueConsents = readonly(due);

/** The documents as they were read here last, for reading alone: others may be in force. */
export const policiesHere = readonly(keptPolicies);

/** The documents in force, or where the service can't be asked those that were read here last. */
export async function loadPolicies(): Promise<Policies> {
  try {
    keptPolicies.value = await shield.policies();
  } catch (error) {
    if (keptPolicies.value === null) {
      throw error;
    }
  }
  return keptPolicies.value;
}

// What an earlier version of the app kept has no zone.
watch(keptAbout, (now) => nameZoneBeside(now?.timeZone ?? null), { immediate: true });

/** Who runs the service, as it was last known; asked for anew behind it. */
export const aboutService = readonly(keptAbout);

export async function loadAbout(): Promise<void> {
  keptAbout.value = await shield.about();
}

/** Notes what was agreed to on this phone, for the call that makes the account. */
export function noteAgreed(versions: Consents): void {
  agreed.value = { versions, at: Date.now() };
}

/** What was agreed to here within the hour, or null. */
export function agreedHere(): Consents | null {
  const noted = agreed.value;
  return noted !== null && Math.abs(Date.now() - noted.at) < AGREED_FOR_MS ? noted.versions : null;
}

/** Once the account has it: the next person on this phone is asked for themselves. */
export function forgetAgreed(): void {
  agreed.value = null;
}

/**
 * Looks whether the account has to agree anew; where it can't be asked, the next start asks. Who runs the service is asked
 * for behind it, and not where that failed: the engine asks one thing after the other, and tries each for seconds.
 */
export async function lookForDue(): Promise<void> {
  const isNewest = order();
  const names = await shield.dueConsents().catch(() => null);
  if (names !== null) {
    void loadAbout().catch(() => undefined);
  }
  if (isNewest()) {
    due.value = names ?? [];
  }
}

/** The account agrees to the documents that were shown; throws the engine's errors. */
export async function agreeAnew(versions: Consents): Promise<void> {
  await shield.agree(versions);
  order.skip();
  due.value = [];
}
