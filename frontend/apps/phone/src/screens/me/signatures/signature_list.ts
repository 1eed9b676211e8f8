/**
 * The list of the user's signatures, page by page, for a search. It is kept while the user views one of them,
 * so that they return to the same place, and dropped at lock and logout.
 */

import type { SignaturePage, SignatureQuery, SignatureRecord } from "@mshield/shield";
import { computed, type ComputedRef, shallowRef, watch } from "vue";

import { phone } from "../../../engine/phone.ts";
import { shield } from "../../../engine/shield.ts";
import { type Task, useTask } from "../../../engine/task.ts";

export type SignatureFilter = Pick<SignatureQuery, "words" | "kind" | "until">;

export interface SignatureList {
  readonly loading: Task;
  /** The loaded signatures; null before the first answer. */
  readonly items: ComputedRef<readonly SignatureRecord[] | null>;
  readonly hasMore: ComputedRef<boolean>;
  /** Starts a new search; drops the answer to an earlier one. */
  look(looked: SignatureFilter): Promise<void>;
  /** Loads the next page; after a failure, the same one again. */
  more(): Promise<void>;
}

/** Pages read for one answer, at most; after them the user is asked to continue. */
const MOST_TURNS = 40;

interface Cached extends SignaturePage {
  readonly looked: SignatureFilter;
}

const cache = shallowRef<Cached | null>(null);

watch(
  () => phone.status,
  (status) => {
    if (!status?.isLoggedIn) {
      cache.value = null;
    }
  },
  { flush: "sync" },
);

/** Creates the list. With `again`, the kept result of the same search is shown at once. */
export function useSignatureList(first: SignatureFilter, again: boolean): SignatureList {
  const loading = useTask();
  let query = first;
  if (!again || cache.value === null || !isSame(cache.value.looked, first)) {
    cache.value = null;
  }

  async function look(looked: SignatureFilter): Promise<void> {
    query = looked;
    if (loading.isBusy.value) {
      return; // the running search notices that another one is wanted
    }
    await loading.run(async () => {
      let page: SignaturePage;
      let requested: SignatureFilter;
      do {
        requested = query;
        page = await nonEmpty(requested, await shield.signatures(requested));
      } while (!isSame(requested, query));
      cache.value = { ...page, looked: requested };
    });
  }

  async function more(): Promise<void> {
    const present = cache.value;
    if (present === null || present.next === null) {
      await (present === null ? look(query) : undefined);
      return;
    }
    const before = present.next;
    const page = await loading.run(async () =>
      nonEmpty(present.looked, await shield.signatures({ ...present.looked, before })),
    );
    if (page && cache.value === present) {
      cache.value = { ...present, items: [...present.items, ...page.items], next: page.next };
    }
    if (!isSame(present.looked, query)) {
      await look(query);
    }
  }

  return {
    loading,
    items: computed(() => cache.value?.items ?? null),
    hasMore: computed(() => cache.value !== null && cache.value.next !== null),
    look,
    more,
  };
}

/** Continues a search that has read a part of the history without finding anything. */
async function nonEmpty(looked: SignatureFilter, first: SignaturePage): Promise<SignaturePage> {
  let page = first;
  for (let turns = 0; page.items.length === 0 && page.next !== null && turns < MOST_TURNS; turns++) {
    // oxlint-disable-next-line no-await-in-loop -- each page begins where the last one ended
    page = await shield.signatures({ ...looked, before: page.next });
  }
  return page;
}

function isSame(a: SignatureFilter, b: SignatureFilter): boolean {
  return a.words === b.words && a.kind === b.kind && a.until === b.until;
}
