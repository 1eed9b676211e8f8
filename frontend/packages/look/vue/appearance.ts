/** Applies language and appearance to the document, now and whenever they change. */

import { watchEffect } from "vue";

import { type Language, LANGUAGE_TAGS } from "./words.ts";

export type Appearance = "auto" | "light" | "dark";

interface Wanted {
  readonly language: Language;
  readonly appearance: Appearance;
}

export function applyAppearance(wanted: Wanted): void {
  watchEffect(() => {
    const { documentElement } = document;
    documentElement.lang = LANGUAGE_TAGS[wanted.language] ?? LANGUAGE_TAGS.zh;
    documentElement.classList.toggle("light", wanted.appearance === "light");
    documentElement.classList.toggle("dark", wanted.appearance === "dark");
  });
}
