/** Language and appearance on the document, now and whenever they change. */

import { watchEffect } from "vue";

import { type Language, LANGUAGE_TAGS } from "./words.ts";

export type Appearance = "auto" | "light" | "dark";

interface Wanted {
  readonly language: Language;
  readonly appearance: Appearance;
}

/** `dark` are the classes of the root for dark: the look's own and those of a library. */
export function applyAppearance(wanted: Wanted, dark: readonly string[] = ["dark"]): void {
  watchEffect(() => {
    const { documentElement } = document;
    documentElement.lang = LANGUAGE_TAGS[wanted.language] ?? LANGUAGE_TAGS.zh;
    documentElement.classList.toggle("light", wanted.appearance === "light");
    for (const name of dark) {
      documentElement.classList.toggle(name, wanted.appearance === "dark");
    }
  });
}
