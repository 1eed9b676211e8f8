/**
 * The browser's promise of persistent storage for this app's data, including its key share; requested before
 * a share is created.
 */

import { makeAnswerOrder } from "@mshield/look/vue/answer_order.ts";
import { useEventListener } from "@vueuse/core";
import { ref, type Ref } from "vue";

import { shield } from "./shield.ts";

/** The browser's last answer; null until it has answered. */
const isKept = ref<boolean | null>(null);
const order = makeAnswerOrder();

/**
 * Returns the browser's answer, read now and each time the page becomes visible, since the user may have
 * changed it meanwhile.
 */
export function usePersistence(): Readonly<Ref<boolean | null>> {
  void look();
  useEventListener(document, "visibilitychange", () => void look());
  return isKept;
}

/** Requests persistent storage if it isn't granted yet. */
export async function requestPersistence(): Promise<void> {
  const isPersistent = await shield.persist().catch(() => false);
  // Discard the result of a concurrent `look`, which may be older.
  order.skip();
  isKept.value = isPersistent;
}

async function look(): Promise<void> {
  const isNewest = order();
  const storage = navigator.storage as StorageManager | undefined;
  const isPersistent = (await storage?.persisted?.().catch(() => false)) ?? false;
  if (isNewest()) {
    isKept.value = isPersistent;
  }
}
