/** A list that comes in pages, narrowed by a question; of two answers under way the later question's counts. */

import { useTask } from "@mshield/desk/task.ts";
import { ref, shallowRef } from "vue";

interface PageOf<T> {
  readonly items: readonly T[];
  readonly next?: string | null;
}

export function usePages<T>(read: (before: string | undefined) => Promise<PageOf<T>>) {
  const items = shallowRef<readonly T[]>([]);
  const next = ref<string | null>(null);
  const isKnown = ref(false);
  let turn = 0;
  let loading = useTask();
  const shown = shallowRef(loading);

  async function load(): Promise<void> {
    turn += 1;
    const mine = turn;
    // A task carries out one call at a time; a new question doesn't wait for the answer to the old one.
    loading = useTask();
    shown.value = loading;
    const found = await loading.run(() => read(undefined));
    if (found === undefined || mine !== turn) return;
    items.value = found.items;
    next.value = found.next ?? null;
    isKnown.value = true;
  }

  async function more(): Promise<void> {
    const mine = turn;
    const found = await loading.run(() => read(next.value ?? undefined));
    if (found === undefined || mine !== turn) return;
    items.value = [...items.value, ...found.items];
    next.value = found.next ?? null;
  }

  return { items, next, isKnown, loading: shown, load, more };
}

/** What a button for the next page needs of a list. */
export type Pages = Pick<ReturnType<typeof usePages>, "next" | "loading" | "more">;
