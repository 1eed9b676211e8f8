/** What the home page shows beside the certificate: what waits, and what was signed last. */

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
import { hasEnded, phone, readStatus, refresh, state } from "../../engine/phone.ts";
import { shield } from "../../engine/shield.ts";
import { type Task, useTask } from "../../engine/task.ts";
import { hasLostNumber } from "../identity/standing.ts";

const RECENT = 3;

export interface HomeData {
  readonly loading: Task;
  readonly waiting: ShallowRef<readonly InboxRequest[]>;
  readonly recent: ShallowRef<readonly SignatureRecord[]>;
  /** The last request to a legal person; asked for only as long as there is no certificate. */
  readonly asked: ShallowRef<IdentityRequest | null>;
  /** Whether another account in one's name waits to count. */
  readonly hasSecond: Readonly<Ref<boolean>>;
  /** Whether the number on file isn't the account's any more, and something is to be verified anew. */
  readonly isNumberLost: Readonly<Ref<boolean>>;
  /** Another phone number that the account will get. */
  readonly phoneChange: ShallowRef<PhoneChange | null>;
  /** When (ms) the account is closed; null where nobody asked for it. */
  readonly closingAt: Readonly<Ref<number | null>>;
  /** When all this was asked, ms; null before the first answer. */
  readonly updatedAt: Readonly<Ref<number | null>>;
  load(): Promise<void>;
  /** After an act: at once, and no answer counts that was asked for before it. */
  loadAnew(): Promise<void>;
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

  async function loadAnew(): Promise<void> {
    await loading.ask(read);
  }

  /** `counts`: what was asked before an act says nothing of it. */
  async function read(counts: () => boolean): Promise<void> {
    await refresh();
    if (!counts()) return;
    updatedAt.value = Date.now();
    const inbox = state.value && canSign(state.value) ? await orEmpty(shield.inbox()) : [];
    if (!counts()) return;
    waiting.value = inbox.filter(({ requestId }) => requestId !== phone.status?.scanned?.requestId);
    const [identity, closing] = await Promise.all([
      orNobody(shield.identity()),
      orElse(shield.closing(), null),
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

  // Requests come in and certificates are held while the phone lies on the desk.
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
    loadAnew,
  };
}

async function orEmpty<T>(list: Promise<readonly T[]>): Promise<readonly T[]> {
  return await orElse(list, []);
}

async function orNobody(identity: Promise<Identity>): Promise<Identity> {
  return await orElse(identity, { proofs: [], request: null, secondAccounts: [], phoneChange: null });
}

async function orPage(page: Promise<{ readonly items: readonly SignatureRecord[] }>): Promise<{
  readonly items: readonly SignatureRecord[];
}> {
  return await orElse(page, { items: [] });
}

/** The certificate counts: what stands below it may be missing, but not for the end of the login. */
async function orElse<T>(asked: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (hasEnded(error)) {
      await readStatus();
      throw error;
    }
    if (!(error instanceof NetworkError)) {
      console.error(error);
    }
    return otherwise;
  }
}
