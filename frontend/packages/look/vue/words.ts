/** Chinese and English, by vue-i18n: the words that all screens of an application say, and those of one screen. */

import { watch } from "vue";
import { type Composer, createI18n, useI18n } from "vue-i18n";

import type { Language } from "../language.ts";

export type { Language };

/** The values of `lang`. */
export const LANGUAGE_TAGS: Record<Language, string> = { zh: "zh-CN", en: "en" };

export interface Words<T> {
  readonly zh: T;
  readonly en: T;
}

/** Says a word of the screen or, where it has none of that name, a shared one; with values, and a number for the plural. */
export interface Say {
  t: (key: string, values?: Record<string, unknown>, count?: number) => string;
}

export interface ScreenWords extends Say {
  /** The same for a name of which the service has the last part: what a newer one says has no word here but `newer`. */
  known: (key: string, values?: Record<string, unknown>) => string;
}

/** The plugin for an application; it follows `language`. */
export function makeWords<T extends object>(language: () => Language, shared: Words<T>) {
  const plugin = createI18n({
    legacy: false,
    locale: language() as string,
    fallbackLocale: "zh",
    messages: shared as never,
  });
  watch(language, (now) => ((plugin.global as unknown as Composer).locale.value = now));
  return plugin;
}

/** The words of one screen. */
export function useWords<T extends object>(words: Words<T>): ScreenWords {
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
    known(key, values = {}) {
      const said = local.t(key, values);
      return said === key ? local.t("newer") : said;
    },
  };
}
