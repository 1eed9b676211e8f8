/** The systems whose accounts log in (R2): this service's own and those outside, and which one the user chose. */

import { computed, type ComputedRef, type Ref, ref, shallowRef, type ShallowRef } from "vue";

import type { Language } from "./words.ts";

/** A system whose accounts log in: with a password, or at a page of its own. */
export interface AccountSource {
  readonly name: string;
  readonly kind: "password" | "page";
  readonly titleZh: string;
  readonly titleEn: string;
}

export interface AccountSources {
  /** Those outside; none before they are loaded. */
  readonly sources: ShallowRef<readonly AccountSource[]>;
  /** Null for this service's own accounts. */
  readonly chosen: ComputedRef<AccountSource | null>;
  choose(source: AccountSource | null): void;
  /** One of them was chosen last, and whether it is still there is being asked: a form would soon be another system's. */
  readonly isPending: ComputedRef<boolean>;
  /** Something is being typed: what is loaded after that chooses no other system for it. */
  hold(): void;
  /** Asks the service, where it hasn't answered yet; throws what `ask` does. */
  load(): Promise<void>;
}

/** `lastChosen` outlives the page: the next login begins with it. It is empty for this service's own accounts. */
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

/** Its name in a language. */
export function titleIn(language: Language, { titleZh, titleEn }: AccountSource): string {
  return language === "zh" ? titleZh : titleEn;
}
