/** Display of a shield's changes, and of the reasons that people wrote. */

/** A change as portal and console return it; `at` in ms. */
export interface StoryEvent {
  readonly event: string;
  readonly actor: string;
  readonly reason: string;
  readonly at: number;
}

const LOOKS: Record<string, [icon: string, colour: string]> = {
  prepare: ["st-active", "ok"],
  activate: ["check-c", "ok"],
  lock_pin: ["lock", "bad"],
  supersede: ["renew", "idle"],
  revoke: ["st-revoked", "bad"],
  withdraw: ["close", "idle"],
  find_clone: ["warn", "hold"],
  lift_clone: ["play", "ok"],
  apply_again: ["warn", "hold"],
  report_loss: ["lost", "hold"],
  lift_loss: ["play", "ok"],
  freeze: ["pause", "hold"],
  unfreeze: ["play", "ok"],
  suspend: ["pause", "hold"],
  resume: ["play", "ok"],
};

export function eventStyle({ event }: StoryEvent): [icon: string, colour: string] {
  return LOOKS[event] ?? ["history", "idle"];
}

/**
 * Returns a reason written by a person. Reasons of the service are machine-readable codes, so they aren't
 * shown.
 */
export function writtenReason({ actor, reason }: StoryEvent): string {
  return actor === "legal_person" || actor === "staff" ? reason : "";
}
