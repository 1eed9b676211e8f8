/** Icon and colour of verdicts and check results. */

import type { CheckState, Verdict } from "@mshield/verify";

export const LOOKS: Readonly<Record<Verdict, { icon: string; small: string; chip: string }>> = {
  valid: { icon: "st-active", small: "check-c", chip: "ok" },
  invalid: { icon: "stop", small: "stop", chip: "locked" },
  incomplete: { icon: "warn", small: "warn", chip: "due" },
};

export function iconOf(state: CheckState, isNeeded: boolean): string {
  if (state === "unchecked") {
    return isNeeded ? "warn" : "info";
  }
  return { passed: "check-c", noted: "info", failed: "stop" }[state];
}

export function colourOf(state: CheckState, isNeeded: boolean): string {
  if (state === "unchecked") {
    return isNeeded ? "warn" : "faint";
  }
  return { passed: "ok", noted: "hold", failed: "bad" }[state];
}
