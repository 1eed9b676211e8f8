/** Systems whose accounts can log in (R2), this service's own and outside ones, and the user's choice. */

import { computed, type ComputedRef, type Ref, ref, shallowRef, type ShallowRef } from "vue";

import type { Language } from "./words.ts";

/** A system whose accounts can log in: with a password, or at its own page. */
export interface AccountSource {
  readonly name: string;
  readonly kind: "password" | "page";
  readonly titleZh: string;
  readonly titleEn: string;
}

export interface AccountSources {
  /** Outside systems; empty before they are loaded. */
  readonly sources: ShallowRef<readonly AccountSource[]>;
  /** Null for this service's own accounts. */
  readonly chosen: ComputedRef<AccountSource | null>;
  choose(source: AccountSource | null): void;
  /**
   * True while the last choice is being checked at the service: a form shown now could change to another
   * system's.
   */
  readonly isPending: ComputedRef<boolean>;
  /** Keeps the choice once the user is typing, whatever is loaded afterwards. */
  hold(): void;
  /** Loads the systems, unless already loaded. Throws what `ask` throws. */
  load(): Promise<void>;
}

/**
 * `lastChosen` outlives the page: the next login begins with it. It is empty for this service's own accounts.
 */
export function makeAccountSources(
  lastChosen: Ref<string>,
  ask: () => Promise<readonly AccountSource[]>,
): AccountSources {
  const sources = shallowRef<readonly AccountSource[]>([]);
  const isLoading = ref(false);
  const isHeld = ref(false);
  const chosen = computed(() =>
    isHeld.value ? null : (sources.value.find(({ name }) => name === lastChosen.value) ?? null),
  );
  let isLoaded = false;

  async function load(): Promise<void> {
    if (isLoaded) {
      return;
    }
    isLoading.value = true;
    try {
      sources.value = await ask();
      isLoaded = true;
    } finally {
      isLoading.value = false;
    }
  }

  function choose(source: AccountSource | null): void {
    isHeld.value = false;
    lastChosen.value = source?.name ?? "";
  }

  return {
    sources,
    chosen,
    choose,
    isPending: computed(() => isLoading.value && lastChosen.value !== "" && !isHeld.value),
    hold: () => (isHeld.value ||= !isLoaded),
    load,
  };
}

/** Returns its name in a language. */
export function titleIn(language: Language, { titleZh, titleEn }: AccountSource): string {
  return language === "zh" ? titleZh : titleEn;
}
