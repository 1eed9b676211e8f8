/** Whether the browser has promised to keep what this app stores, the key's half among it; asked for before one is made. */

import { useEventListener } from "@vueuse/core";
import { ref, type Ref } from "vue";

import { shield } from "./shield.ts";

/** Null until the browser has said. */
const isKept = ref<boolean | null>(null);

/** The answer, looked up now and whenever the page comes back: the user may have allowed it meanwhile, or taken it back. */
export function useKeeping(): Readonly<Ref<boolean | null>> {
  void look();
  useEventListener(document, "visibilitychange", () => void look());
  return isKept;
}

/** Asks for the promise, where it wasn't had before. */
export async function askToKeep(): Promise<void> {
  isKept.value = await shield.persist().catch(() => false);
}

async function look(): Promise<void> {
  const storage = navigator.storage as StorageManager | undefined;
  isKept.value = (await storage?.persisted?.().catch(() => false)) ?? false;
}
