/** The act being confirmed, and the result of the last one. */

import type { Translator } from "@mshield/look/vue/words.ts";
import { settings } from "@mshield/desk/settings.ts";
import { computed, shallowRef } from "vue";

import type { Act } from "../engine/acts.ts";
import type { Outcome, Shield } from "../engine/types.ts";

export interface ActRequest {
  readonly act: Act;
  readonly shields: readonly Shield[];
}

export interface ActReport {
  readonly isGood: boolean;
  readonly lines: readonly string[];
  /** Shield by shield, if there were several. */
  readonly perShield: readonly ReportLine[];
}

export interface ReportLine {
  readonly number: string;
  readonly name: string;
  readonly kind: Outcome["outcome"];
  readonly says: string;
}

export function useActs(t: Translator["t"], afterwards: () => void) {
  const asked = shallowRef<ActRequest | null>(null);
  const last = shallowRef<{ readonly asked: ActRequest; readonly outcomes: readonly Outcome[] } | null>(null);
  /** Built when displayed, so that it follows the language. */
  const report = computed(() => last.value && reportAct(t, last.value.asked, last.value.outcomes));

  function ask(act: Act, shields: readonly Shield[]): void {
    last.value = null;
    asked.value = { act, shields };
  }

  function done(outcomes: readonly Outcome[]): void {
    if (asked.value) last.value = { asked: asked.value, outcomes };
    asked.value = null;
    afterwards();
  }

  function close(): void {
    asked.value = null;
  }

  return { asked, report, ask, done, close };
}

/**
 * Describes an act's result: a line for changed shields, one for skipped ones, and one for each reason of
 * refusal.
 */
export function reportAct(
  t: Translator["t"],
  { act, shields }: ActRequest,
  outcomes: readonly Outcome[],
): ActReport {
  const of = (kind: Outcome["outcome"]) => outcomes.filter(({ outcome }) => outcome === kind);
  const [changed, unchanged, refused] = [of("changed"), of("unchanged"), of("refused")];
  const lines: string[] = [];
  if (changed.length === 1) {
    const one = shields.find((shield) => shield.shield_number === changed[0]!.shield_number);
    lines.push(t("outcome.done", { act: t(`act.${act}`), name: one?.name ?? changed[0]!.shield_number }));
  } else if (changed.length > 1) {
    lines.push(t("outcome.doneMany", { act: t(`act.${act}`), n: changed.length }));
  }
  if (unchanged.length > 0) lines.push(t("outcome.unchanged", { n: unchanged.length }));
  for (const why of new Set(refused.map(({ refusal }) => refusal?.[settings.language] ?? ""))) {
    const n = refused.filter(({ refusal }) => refusal?.[settings.language] === why).length;
    lines.push(t("outcome.refused", { n, why }));
  }
  const perShield = outcomes.map(({ shield_number: number, outcome, refusal }): ReportLine => {
    const name = shields.find((shield) => shield.shield_number === number)?.name ?? "";
    const says =
      outcome === "refused"
        ? (refusal?.[settings.language] ?? "")
        : t(`outcome.perShield.${outcome}`, { act: t(`act.${act}`) });
    return { number, name, kind: outcome, says };
  });
  return { isGood: refused.length === 0, lines, perShield: outcomes.length > 1 ? perShield : [] };
}
