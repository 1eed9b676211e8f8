/** What this user prefers on this phone. Nothing secret: it stands in localStorage. */

import { useLocalStorage } from "@vueuse/core";
import { reactive, watchEffect } from "vue";

export type Language = "zh" | "en";
export type Appearance = "auto" | "light" | "dark";

const KEY = "mshield-settings";
const TAGS: Record<Language, string> = { zh: "zh-CN", en: "en" };

interface Settings {
  language: Language;
  appearance: Appearance;
  shuffledKeys: boolean;
  /** The first start was read to its end. */
  isWelcomed: boolean;
}

const DEFAULTS: Settings = { language: "zh", appearance: "auto", shuffledKeys: false, isWelcomed: false };
const stored = useLocalStorage<Settings>(KEY, DEFAULTS, { mergeDefaults: true, writeDefaults: false });

export const settings = reactive(stored.value);

/** Puts language and appearance on the document, now and whenever they change. */
export function applySettings(): void {
  watchEffect(() => {
    const { documentElement } = document;
    documentElement.lang = TAGS[settings.language] ?? TAGS.zh;
    documentElement.classList.toggle("light", settings.appearance === "light");
    documentElement.classList.toggle("dark", settings.appearance === "dark");
  });
}
