/** Data of the home page beside the certificate: pending requests and the last signatures. */

import {
  type Identity,
  type IdentityRequest,
  type InboxRequest,
  type PhoneChange,
  NetworkError,
  type SignatureRecord,
} from "@mshield/shield";
import { useDocumentVisibility } from "@vueuse/core";
import { readonly, type Ref, ref, shallowRef, type ShallowRef, watch } from "vue";

import { canSign } from "../../engine/certificate_state.ts";
import { isLoginOver, phone, readStatus, refresh, state } from "../../engine/phone.ts";
import { shield } from "../../engine/shield.ts";
import { type Task, useTask } from "../../engine/task.ts";
import { hasLostNumber } from "../identity/status.ts";

const RECENT = 3;

export interface HomeData {
  readonly loading: Task;
  readonly waiting: ShallowRef<readonly InboxRequest[]>;
  readonly recent: ShallowRef<readonly SignatureRecord[]>;
  /** The last request to a legal person; loaded only while there is no certificate. */
  readonly asked: ShallowRef<IdentityRequest | null>;
  /** True if another account in the user's name is about to take effect. */
  readonly hasSecond: Readonly<Ref<boolean>>;
  /** True if the filed number is no longer the account's, so that something must be verified again. */
  readonly isNumberLost: Readonly<Ref<boolean>>;
  /** A pending change of the account's phone number. */
  readonly phoneChange: ShallowRef<PhoneChange | null>;
  /** Time (ms) at which the account will be closed; null if no closing was requested. */
  readonly closingAt: Readonly<Ref<number | null>>;
  /** Time (ms) of this data; null before the first answer. */
  readonly updatedAt: Readonly<Ref<number | null>>;
  load(): Promise<void>;
  /** Reloads at once after an action, and ignores answers to earlier requests. */
  reloadData(): Promise<void>;
}

export function useHomeData(): HomeData {
  const loading = useTask();
  const waiting = shallowRef<readonly InboxRequest[]>([]);
  const recent = shallowRef<readonly SignatureRecord[]>([]);
  const asked = shallowRef<IdentityRequest | null>(null);
  const hasSecond = ref(false);
  const isNumberLost = ref(false);
  const phoneChange = shallowRef<PhoneChange | null>(null);
  const closingAt = ref<number | null>(null);
  const updatedAt = ref<number | null>(null);
  const visibility = useDocumentVisibility();

  async function load(): Promise<void> {
    await loading.run(read);
  }

  async function reloadData(): Promise<void> {
    await loading.ask(read);
  }

  /** Loads all data; `counts` returns false once an action has made the answers obsolete. */
  async function read(counts: () => boolean): Promise<void> {
    await refresh();
    if (!counts()) return;
    updatedAt.value = Date.now();
    const inbox = state.value && canSign(state.value) ? await orEmptyList(shield.inbox()) : [];
    if (!counts()) return;
    waiting.value = inbox.filter(({ requestId }) => requestId !== phone.status?.scanned?.requestId);
    const [identity, closing] = await Promise.all([
      orUnproven(shield.identity()),
      withFallback(shield.closing(), null),
    ]);
    if (!counts()) return;
    closingAt.value = closing?.dueAt ?? null;
    asked.value = state.value === "none" ? identity.request : null;
    hasSecond.value = identity.secondAccounts.length > 0;
    isNumberLost.value = hasLostNumber(identity.proofs);
    phoneChange.value = identity.phoneChange;
    const { items } = phone.me?.certificate
      ? await orPage(shield.signatures({ limit: RECENT }))
      : { items: [] };
    if (counts()) recent.value = items;
  }

  // While the phone isn't in use, new requests may arrive and the certificate may be put on hold.
  watch(visibility, async (now) => {
    if (now === "visible") {
      await load();
    }
  });

  return {
    loading,
    waiting,
    recent,
    asked,
    hasSecond: readonly(hasSecond),
    isNumberLost: readonly(isNumberLost),
    phoneChange,
    closingAt: readonly(closingAt),
    updatedAt: readonly(updatedAt),
    load,
    reloadData,
  };
}

async function orEmptyList<T>(list: Promise<readonly T[]>): Promise<readonly T[]> {
  return await withFallback(list, []);
}

async function orUnproven(identity: Promise<Identity>): Promise<Identity> {
  return await withFallback(identity, { proofs: [], request: null, secondAccounts: [], phoneChange: null });
}

async function orPage(page: Promise<{ readonly items: readonly SignatureRecord[] }>): Promise<{
  readonly items: readonly SignatureRecord[];
}> {
  return await withFallback(page, { items: [] });
}

/**
 * Returns a fallback if the request fails, since this data is optional; only the end of the login is handled.
 */
async function withFallback<T>(asked: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (isLoginOver(error)) {
      await readStatus();
      throw error;
    }
    if (!(error instanceof NetworkError)) {
      console.error(error);
    }
    return otherwise;
  }
}
