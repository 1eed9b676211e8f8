/**
 * The list of my signatures, page by page, for the words and the kind that are looked for. It is kept while the user
 * looks at one of them, so that they come back to where they were; and forgotten with everything else at lock and logout.
 */

import type { SignaturePage, SignatureQuery, SignatureRecord } from "@mshield/shield";
import { computed, type ComputedRef, shallowRef, watch } from "vue";

import { phone } from "../../../engine/phone.ts";
import { shield } from "../../../engine/shield.ts";
import { type Task, useTask } from "../../../engine/task.ts";

export type Looked = Pick<SignatureQuery, "words" | "kind">;

export interface SignatureList {
  readonly loading: Task;
  /** Null before the first answer. */
  readonly items: ComputedRef<readonly SignatureRecord[] | null>;
  readonly hasMore: ComputedRef<boolean>;
  /** Begins anew with what is looked for; an answer to an earlier question is dropped. */
  look(looked: Looked): Promise<void>;
  /** The following page; after a failure the same one again. */
  more(): Promise<void>;
}

interface Kept extends SignaturePage {
  readonly looked: Looked;
}

const kept = shallowRef<Kept | null>(null);

watch(
  () => phone.status,
  (status) => {
    if (!status?.isLoggedIn) {
      kept.value = null;
    }
  },
  { flush: "sync" },
);

/** With `again` what was kept for the same question stands there at once. */
export function useSignatureList(first: Looked, again: boolean): SignatureList {
  const loading = useTask();
  let wanted = first;
  if (!again || kept.value === null || !isSame(kept.value.looked, first)) {
    kept.value = null;
  }

  async function look(looked: Looked): Promise<void> {
    wanted = looked;
    if (loading.isBusy.value) {
      return; // the run under way sees that another question is wanted
    }
    await loading.run(async () => {
      let page: SignaturePage;
      let asked: Looked;
      do {
        asked = wanted;
        page = await shield.signatures(asked);
      } while (!isSame(asked, wanted));
      kept.value = { ...page, looked: asked };
    });
  }

  async function more(): Promise<void> {
    const present = kept.value;
    if (present === null || present.next === null) {
      await (present === null ? look(wanted) : undefined);
      return;
    }
    const before = present.next;
    const page = await loading.run(() => shield.signatures({ ...present.looked, before }));
    if (page && kept.value === present) {
      kept.value = { ...present, items: [...present.items, ...page.items], next: page.next };
    }
    if (!isSame(present.looked, wanted)) {
      await look(wanted);
    }
  }

  return {
    loading,
    items: computed(() => kept.value?.items ?? null),
    hasMore: computed(() => kept.value !== null && kept.value.next !== null),
    look,
    more,
  };
}

function isSame(a: Looked, b: Looked): boolean {
  return a.words === b.words && a.kind === b.kind;
}
