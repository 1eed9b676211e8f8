/** The user's preferences on this phone. */

import type { Appearance } from "@mshield/look/vue/appearance.ts";
import { useStoredSettings } from "@mshield/look/vue/stored_settings.ts";

interface Preferences {
  appearance: Appearance;
  shuffledKeys: boolean;
  /** True if the welcome was read to its end. */
  isWelcomed: boolean;
}

export const settings = useStoredSettings<Preferences>("mshield-settings", {
  appearance: "auto",
  shuffledKeys: false,
  isWelcomed: false,
});
