/** The systems whose accounts log in (R2): this service's own and those outside, and which one the user chose. */

import { computed, type ComputedRef, type Ref, shallowRef, type ShallowRef } from "vue";

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
  /** Asks the service, where it hasn't answered yet; throws what `ask` does. */
  load(): Promise<void>;
}

/** `lastChosen` outlives the page: the next login begins with it. It is empty for this service's own accounts. */
export function makeAccountSources(
  lastChosen: Ref<string>,
  ask: () => Promise<readonly AccountSource[]>,
): AccountSources {
  const sources = shallowRef<readonly AccountSource[]>([]);
  const chosen = computed(() => sources.value.find(({ name }) => name === lastChosen.value) ?? null);
  let isLoaded = false;

  async function load(): Promise<void> {
    if (!isLoaded) {
      sources.value = await ask();
      isLoaded = true;
    }
  }

  return { sources, chosen, choose: (source) => (lastChosen.value = source?.name ?? ""), load };
}

/** Its name in a language. */
export function titleIn(language: Language, { titleZh, titleEn }: AccountSource): string {
  return language === "zh" ? titleZh : titleEn;
}
