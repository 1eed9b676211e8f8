/** What comes after the registration, in its order, and how far it is done. */

import type { OptionalSteps } from "../../engine/optional_steps.ts";

export type StepName = "identity" | "apply" | "bind" | "finger" | "notices";

export interface Known {
  readonly isProven: boolean;
  readonly hasCertificate: boolean;
  readonly isBound: boolean;
  /** What this browser can't do isn't shown. */
  readonly optional: OptionalSteps;
}

export interface Step {
  readonly name: StepName;
  readonly to: string;
  /** The first that is `open` is to be done now; one that is `closed` needs an earlier one. */
  readonly state: "done" | "open" | "closed";
  readonly isOptional: boolean;
}

/** A certificate proves the identity too: it isn't issued without. */
export function nextSteps(known: Known): readonly Step[] {
  const { hasCertificate } = known;
  const isProven = known.isProven || hasCertificate;
  const later = hasCertificate ? "open" : "closed";
  const steps: Step[] = [
    { name: "identity", to: "/identity", state: isProven ? "done" : "open", isOptional: false },
    // Also before it is proven: who applies with the filed phone number is proven by that.
    { name: "apply", to: "/apply", state: hasCertificate ? "done" : "open", isOptional: false },
    { name: "bind", to: "/bind", state: known.isBound ? "done" : later, isOptional: true },
  ];
  const { finger, notices } = known.optional;
  if (finger !== null) {
    const state = finger === "on" ? "done" : later;
    steps.push({ name: "finger", to: "/me/settings", state, isOptional: true });
  }
  if (notices !== null) {
    const state = notices === "on" ? "done" : later;
    steps.push({ name: "notices", to: "/me/settings", state, isOptional: true });
  }
  return steps;
}
