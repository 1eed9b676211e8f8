/** What this user prefers on this phone. Nothing secret: it stands in localStorage. */

import type { Appearance } from "@mshield/look/vue/appearance.ts";
import type { Language } from "@mshield/look/vue/words.ts";
import { useLocalStorage } from "@vueuse/core";
import { reactive } from "vue";

const KEY = "mshield-settings";

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
