/**
 * Chinese and English by vue-i18n: words shared by all screens of an application, and those of one screen.
 */

import { watch } from "vue";
import { type Composer, createI18n, useI18n } from "vue-i18n";

import type { Language } from "../language.ts";

export type { Language };

/** Values of `lang`. */
export const LANGUAGE_TAGS: Record<Language, string> = { zh: "zh-CN", en: "en" };

export interface Words<T> {
  readonly zh: T;
  readonly en: T;
}

/**
 * Returns a word of the screen or, if it has none of that name, a shared one; with values, and a number for
 * the plural.
 */
export interface Translator {
  t: (key: string, values?: Record<string, unknown>, count?: number) => string;
}

export interface ScreenWords extends Translator {
  /**
   * Like `t`, for a key whose last part comes from the service; a part that this page doesn't know becomes `newer`.
   */
  known: (key: string, values?: Record<string, unknown>) => string;
}

/** Returns the plugin for an application; it follows `language`. */
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

/** Returns the words of one screen. */
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
