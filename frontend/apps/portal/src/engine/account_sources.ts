/** The outside systems whose accounts come into the portal (R2): by a password that they check, or at their page. */

import { answered } from "@mshield/desk/client.ts";
import { settings } from "@mshield/desk/settings.ts";
import {
  type AccountSource,
  type AccountSources,
  makeAccountSources,
  titleIn,
} from "@mshield/look/vue/account_sources.ts";
import { useLocalStorage } from "@vueuse/core";

import { api } from "./client.ts";

export function usePortalSources(): AccountSources {
  /** The one chosen last in this browser. */
  const lastChosen = useLocalStorage("mshield-portal-source", "");
  return makeAccountSources(lastChosen, readSources);
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
