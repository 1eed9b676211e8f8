/** Title of a dialog: the act, and whose shield or how many. */

import type { Translator } from "@mshield/look/vue/words.ts";

import type { Act } from "../engine/acts.ts";
import type { Shield } from "../engine/types.ts";

export function headline(t: Translator["t"], act: Act, shields: readonly Pick<Shield, "name">[]): string {
  const [one] = shields;
  const whose = shields.length === 1 ? t("whose", { name: one!.name }) : t("many", { n: shields.length });
  return t(`title.${act}`, { whose });
}
