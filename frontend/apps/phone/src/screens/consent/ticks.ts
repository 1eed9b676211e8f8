/**
 * The checked consents: kept while the user reads one of the documents, dropped with any other screen or with
 * new versions.
 */

import type { Consents, Policies, PolicyName } from "@mshield/shield";
import { computed, type ComputedRef, type WritableComputedRef } from "vue";
import { useRouter } from "vue-router";

import { useDraft } from "../../engine/draft.ts";

const ALL = 3;

export interface Ticks {
  readonly ticked: WritableComputedRef<readonly PolicyName[]>;
  /** Number of consents not yet checked. */
  readonly left: ComputedRef<number>;
  /** Sets the displayed documents, and unchecks consents given to other versions. */
  showing(policies: Policies | null): void;
}

/** Creates the checkboxes of the screen at this path. */
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
