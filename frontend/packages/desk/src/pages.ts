/** A paged list with a filter; if two answers are pending, the one to the later filter wins. */

import { ref, shallowRef } from "vue";

import { useTask } from "./task.ts";

export interface PageOf<T> {
  readonly items: readonly T[];
  readonly next?: string | null;
}

/** `read` loads the page at a place, the first one for null; `taken` gets each page that is used. */
export function usePages<P extends PageOf<unknown>>(
  read: (place: string | null) => Promise<P>,
  taken: (page: P) => void = () => undefined,
) {
  type Item = P["items"][number];
  const items = shallowRef<readonly Item[]>([]);
  const next = ref<string | null>(null);
  const isKnown = ref(false);
  /** A task runs one call at a time; a new filter doesn't wait for the answer to the previous one. */
  const loading = shallowRef(useTask());
  /** Errors here aren't reported: the next poll finds them, and the list stays. */
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

  /** Reloads the first page for changes, unless the user has read further: then the list stays. */
  async function refresh(): Promise<void> {
    if (hasReadOn || loading.value.isBusy.value) return;
    const mine = turn;
    const page = await looking.run(() => read(null));
    // The list also stays if the user loaded another page during the call.
    if (!page || mine !== turn || hasReadOn || loading.value.isBusy.value) return;
    taken(page);
    if (JSON.stringify(page.items) !== JSON.stringify(items.value)) put(page);
  }

  return { items, next, isKnown, loading, load, more, refresh };
}

/** Part of a list that a button for the next page needs. */
export type Pages = Pick<ReturnType<typeof usePages>, "next" | "loading" | "more">;
