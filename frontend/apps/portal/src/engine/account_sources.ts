/**
 * Outside systems whose accounts can log in to the portal (R2): by a password that they check, or at their
 * page.
 */

import { unwrapAnswer } from "@mshield/desk/client.ts";
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
  /** The last choice in this browser. */
  const lastChosen = useLocalStorage("mshield-portal-source", "");
  return makeAccountSources(lastChosen, readSources);
}

async function readSources(): Promise<readonly AccountSource[]> {
  const { items } = await unwrapAnswer(api.GET("/api/portal/account-sources"));
  return items.map(({ name, kind, title_zh: titleZh, title_en: titleEn }) => ({
    name,
    kind,
    titleZh,
    titleEn,
  }));
}

/** Returns its name in the page's language. */
export function sourceTitle(source: AccountSource): string {
  return titleIn(settings.language, source);
}
