/** The steps after registration, in order, and their progress. */

import type { OptionalSteps } from "../../engine/optional_steps.ts";

export type StepName = "identity" | "apply" | "bind" | "finger" | "notices";

export interface UserProgress {
  readonly isProven: boolean;
  readonly hasCertificate: boolean;
  readonly isBound: boolean;
  /** Features that this browser doesn't support aren't shown. */
  readonly optional: OptionalSteps;
}

export interface Step {
  readonly name: StepName;
  readonly to: string;
  /** The first `open` step is the next one; a `closed` one requires an earlier step. */
  readonly state: "done" | "open" | "closed";
  readonly isOptional: boolean;
}

/** Returns the steps. A certificate implies a proven identity, since it isn't issued without one. */
export function nextSteps(known: UserProgress): readonly Step[] {
  const { hasCertificate } = known;
  const isProven = known.isProven || hasCertificate;
  const later = hasCertificate ? "open" : "closed";
  const steps: Step[] = [
    { name: "identity", to: "/identity", state: isProven ? "done" : "open", isOptional: false },
    // Open even before the identity is proven, since an application with the filed phone number proves it.
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
