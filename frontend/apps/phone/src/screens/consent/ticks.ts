/** What is ticked: still there after one of the documents was read, and gone with any other screen or other versions. */

import type { Consents, Policies, PolicyName } from "@mshield/shield";
import { computed, type ComputedRef, type WritableComputedRef } from "vue";
import { useRouter } from "vue-router";

import { useDraft } from "../../engine/draft.ts";

const ALL = 3;

export interface Ticks {
  readonly ticked: WritableComputedRef<readonly PolicyName[]>;
  /** How many are to be ticked yet. */
  readonly left: ComputedRef<number>;
  /** These documents are shown: what was ticked for others is ticked no more. */
  showing(policies: Policies | null): void;
}

/** The ticks of the screen at this path. */
export function useTicks(path: string): Ticks {
  const draft = useDraft(useRouter(), path, {
    names: [] as readonly PolicyName[],
    versions: null as Consents | null,
  });
  const ticked = computed({ get: () => draft.names, set: (names) => (draft.names = names) });

  function showing(policies: Policies | null): void {
    if (policies === null) {
      return;
    }
    if (draft.versions !== null && JSON.stringify(draft.versions) !== JSON.stringify(policies.versions)) {
      draft.names = [];
    }
    draft.versions = policies.versions;
  }

  return { ticked, left: computed(() => ALL - draft.names.length), showing };
}
