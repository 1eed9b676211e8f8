/** What this user prefers on this computer, for all pages at a desk. */

import type { Appearance } from "@mshield/look/vue/appearance.ts";
import { useKeptSettings } from "@mshield/look/vue/kept_settings.ts";

interface Preferences {
  appearance: Appearance;
}

export const settings = useKeptSettings<Preferences>("mshield-desk", { appearance: "auto" });
