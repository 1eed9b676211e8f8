/** A list that comes in pages, narrowed by a question; of two answers under way the later question's counts. */

import { ref, shallowRef } from "vue";

import { useTask } from "./task.ts";

export interface PageOf<T> {
  readonly items: readonly T[];
  readonly next?: string | null;
}

/** `read` gives the page that begins at a place, the first one for null; `taken` gets each page that counts. */
export function usePages<P extends PageOf<unknown>>(
  read: (place: string | null) => Promise<P>,
  taken: (page: P) => void = () => undefined,
) {
  type Item = P["items"][number];
  const items = shallowRef<readonly Item[]>([]);
  const next = ref<string | null>(null);
  const isKnown = ref(false);
  /** A task carries out one call at a time; a new question doesn't wait for the answer to the one before. */
  const loading = shallowRef(useTask());
  /** What goes wrong here isn't told: the next look finds it, and what stands there stays. */
  const looking = useTask();
  let turn = 0;
  let hasReadOn = false;

  function put(page: PageOf<Item>): void {
    items.value = page.items;
    next.value = page.next ?? null;
    isKnown.value = true;
  }

  async function load(): Promise<void> {
    const mine = ++turn;
    loading.value = useTask();
    const page = await loading.value.run(() => read(null));
    if (!page || mine !== turn) return;
    hasReadOn = false;
    taken(page);
    put(page);
  }

  async function more(): Promise<void> {
    const mine = turn;
    const page = await loading.value.run(() => read(next.value));
    if (!page || mine !== turn) return;
    hasReadOn = true;
    taken(page);
    put({ items: [...items.value, ...page.items], next: page.next ?? null });
  }

  /** Reads the first page once more, for what changed meanwhile: who has read further keeps what stands before them. */
  async function lookAgain(): Promise<void> {
    if (hasReadOn || loading.value.isBusy.value) return;
    const mine = turn;
    const page = await looking.run(() => read(null));
    // Who reads on meanwhile keeps what stands before them too.
    if (!page || mine !== turn || hasReadOn || loading.value.isBusy.value) return;
    taken(page);
    if (JSON.stringify(page.items) !== JSON.stringify(items.value)) put(page);
  }

  return { items, next, isKnown, loading, load, more, lookAgain };
}

/** What a button for the next page needs of a list. */
export type Pages = Pick<ReturnType<typeof usePages>, "next" | "loading" | "more">;
