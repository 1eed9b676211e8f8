/** What somebody prefers in this browser. Nothing secret: it stands in localStorage. Their language is the browser's until they choose one. */

import { useLocalStorage } from "@vueuse/core";
import { computed, reactive, toRefs } from "vue";

import { type Language, languageFor } from "../language.ts";

export type Settings<T> = T & { language: Language };

/** Kept under `key`; what isn't chosen yet is as in `defaults`. */
export function useKeptSettings<T extends object>(key: string, defaults: T): Settings<T> {
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
