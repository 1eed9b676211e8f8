/** What this user prefers on this phone. */

import type { Appearance } from "@mshield/look/vue/appearance.ts";
import { useKeptSettings } from "@mshield/look/vue/kept_settings.ts";

interface Preferences {
  appearance: Appearance;
  shuffledKeys: boolean;
  /** The first start was read to its end. */
  isWelcomed: boolean;
}

export const settings = useKeptSettings<Preferences>("mshield-settings", {
  appearance: "auto",
  shuffledKeys: false,
  isWelcomed: false,
});
