/** Whether the browser has promised to keep what this app stores, the key's half among it; asked for before one is made. */

import { makeOrder } from "@mshield/look/vue/in_order.ts";
import { useEventListener } from "@vueuse/core";
import { ref, type Ref } from "vue";

import { shield } from "./shield.ts";

/** Null until the browser has said. */
const isKept = ref<boolean | null>(null);
const order = makeOrder();

/** The answer, looked up now and whenever the page comes back: the user may have allowed it meanwhile, or taken it back. */
export function useKeeping(): Readonly<Ref<boolean | null>> {
  void look();
  useEventListener(document, "visibilitychange", () => void look());
  return isKept;
}

/** Asks for the promise, where it wasn't had before. */
export async function askToKeep(): Promise<void> {
  const isPersistent = await shield.persist().catch(() => false);
  // What was looked up meanwhile may be older.
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
