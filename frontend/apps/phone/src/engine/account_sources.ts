/** The systems whose accounts log in here (R2): this service's own and those outside, and which one the user chose. */

import type { AccountSource } from "@mshield/shield";
import { useLocalStorage } from "@vueuse/core";
import { computed, type ComputedRef, shallowRef, type ShallowRef } from "vue";

import { settings } from "../settings.ts";
import { shield } from "./shield.ts";

/** The one chosen last on this phone, which the next login begins with; empty for this service's own accounts. */
const lastChosen = useLocalStorage("mshield-account-source", "");

export interface AccountSources {
  /** Those outside; none before they are loaded. */
  readonly sources: ShallowRef<readonly AccountSource[]>;
  /** Null for this service's own accounts. */
  readonly chosen: ComputedRef<AccountSource | null>;
  choose(source: AccountSource | null): void;
  /** Asks the service, where it hasn't answered yet; throws the engine's errors. */
  load(): Promise<void>;
}

export function useAccountSources(): AccountSources {
  const sources = shallowRef<readonly AccountSource[]>([]);
  const chosen = computed(() => sources.value.find(({ name }) => name === lastChosen.value) ?? null);
  let isLoaded = false;

  async function load(): Promise<void> {
    if (!isLoaded) {
      sources.value = await shield.accountSources();
      isLoaded = true;
    }
  }

  return { sources, chosen, choose: (source) => (lastChosen.value = source?.name ?? ""), load };
}

/** Its name in the app's language. */
export function sourceTitle({ titleZh, titleEn }: AccountSource): string {
  return settings.language === "zh" ? titleZh : titleEn;
}
