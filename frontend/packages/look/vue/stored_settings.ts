/**
 * The user's preferences in this browser, in localStorage, since none is secret. Until the user chooses a
 * language, the browser's is used.
 */

import { useLocalStorage } from "@vueuse/core";
import { computed, reactive, toRefs } from "vue";

import { type Language, languageFor } from "../language.ts";

export type Settings<T> = T & { language: Language };

/** Returns settings stored under `key`; what isn't chosen yet is as in `defaults`. */
export function useStoredSettings<T extends object>(key: string, defaults: T): Settings<T> {
  const chosen = useLocalStorage<T & { language?: Language }>(key, defaults, {
    mergeDefaults: true,
    writeDefaults: false,
  }).value;
  const language = computed({
    get: () => chosen.language ?? languageFor(navigator.languages),
    set: (now) => (chosen.language = now),
  });
  return reactive(Object.assign(toRefs(chosen), { language })) as unknown as Settings<T>;
}
