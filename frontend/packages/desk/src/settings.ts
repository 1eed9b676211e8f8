/** What this user prefers on this computer. Nothing secret: it stands in localStorage, for all pages at a desk. */

import type { Appearance } from "@mshield/look/vue/appearance.ts";
import type { Language } from "@mshield/look/vue/words.ts";
import { useLocalStorage } from "@vueuse/core";
import { reactive } from "vue";

interface Settings {
  language: Language;
  appearance: Appearance;
}

const stored = useLocalStorage<Settings>(
  "mshield-desk",
  { language: "zh", appearance: "auto" },
  { mergeDefaults: true, writeDefaults: false },
);

export const settings = reactive(stored.value);
