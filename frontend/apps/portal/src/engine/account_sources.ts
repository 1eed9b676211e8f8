/** The outside systems whose accounts come into the portal (R2): by a password that they check, or by shield alone. */

import { answered } from "@mshield/desk/client.ts";
import { settings } from "@mshield/desk/settings.ts";
import {
  type AccountSource,
  type AccountSources,
  makeAccountSources,
  titleIn,
} from "@mshield/look/vue/account_sources.ts";
import { useLocalStorage } from "@vueuse/core";
import { computed, type ComputedRef } from "vue";

import { api } from "./client.ts";

export interface PortalSources extends Omit<AccountSources, "sources"> {
  /** Those whose users may log in by password. */
  readonly byPassword: ComputedRef<readonly AccountSource[]>;
  /** Those whose users have no password that may come here: they scan. */
  readonly byShield: ComputedRef<readonly AccountSource[]>;
}

export function usePortalSources(): PortalSources {
  /** The one chosen last in this browser. */
  const lastChosen = useLocalStorage("mshield-portal-source", "");
  const { sources, chosen, choose, load } = makeAccountSources(lastChosen, readSources);
  return {
    byPassword: computed(() => sources.value.filter(({ kind }) => kind === "password")),
    byShield: computed(() => sources.value.filter(({ kind }) => kind === "page")),
    chosen: computed(() => (chosen.value?.kind === "password" ? chosen.value : null)),
    choose,
    load,
  };
}

async function readSources(): Promise<readonly AccountSource[]> {
  const { items } = await answered(api.GET("/api/portal/account-sources"));
  return items.map(({ name, kind, title_zh: titleZh, title_en: titleEn }) => ({
    name,
    kind,
    titleZh,
    titleEn,
  }));
}

/** Its name in the page's language. */
export function sourceTitle(source: AccountSource): string {
  return titleIn(settings.language, source);
}
