/** Chinese and English, by vue-i18n. A screen brings its own words: `useWords(words)`. */

import { watch } from "vue";
import { type Composer, createI18n, useI18n } from "vue-i18n";

import { settings } from "../settings.ts";
import { shared } from "./shared.ts";

export const i18n = createI18n({
  legacy: false,
  locale: settings.language,
  fallbackLocale: "zh",
  messages: shared,
});

watch(
  () => settings.language,
  (language) => (i18n.global.locale.value = language),
);

interface Words<T> {
  readonly zh: T;
  readonly en: T;
}

/** Says a word of the screen or, where it has none of that name, a shared one; with values, and a number for the plural. */
export interface Say {
  t: (key: string, values?: Record<string, unknown>, count?: number) => string;
}

/** The words of one screen. */
export function useWords<T extends object>(words: Words<T>): Say {
  const local: Pick<Composer, "t"> = useI18n({
    useScope: "local",
    inheritLocale: true,
    messages: words as never,
    fallbackWarn: false,
    missingWarn: false,
  }) as never;
  return {
    t: (key, values = {}, count) =>
      count === undefined ? local.t(key, values) : local.t(key, values, count),
  };
}
