/** The user's preferences on this computer, for all desk pages. */

import type { Appearance } from "@mshield/look/vue/appearance.ts";
import { useStoredSettings } from "@mshield/look/vue/stored_settings.ts";

interface Preferences {
  appearance: Appearance;
}

export const settings = useStoredSettings<Preferences>("mshield-desk", { appearance: "auto" });
