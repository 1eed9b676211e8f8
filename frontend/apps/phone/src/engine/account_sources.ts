/** Outside systems whose accounts can log in on this phone (R2), and the one chosen last on it. */

import {
  type AccountSource,
  type AccountSources,
  makeAccountSources,
  titleIn,
} from "@mshield/look/vue/account_sources.ts";
import { useLocalStorage } from "@vueuse/core";

import { settings } from "../settings.ts";
import { shield } from "./shield.ts";

const lastChosen = useLocalStorage("mshield-account-source", "");

export function useAccountSources(): AccountSources {
  return makeAccountSources(lastChosen, () => shield.accountSources());
}

/** Returns the system's name in the app's language. */
export function sourceTitle(source: AccountSource): string {
  return titleIn(settings.language, source);
}
