/** One shield with its history. */

import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "./client.ts";
import { enterprise } from "./session.ts";
import type { ShieldHistory, StoryEvent } from "./types.ts";

export async function readShield(number: string): Promise<ShieldHistory> {
  return unwrapAnswer(
    api.GET("/api/portal/enterprises/{credit_code}/shields/{shield_number}", {
      params: { path: { credit_code: enterprise.value!.credit_code, shield_number: number } },
    }),
  );
}

const PLACED_BY: Record<string, string> = {
  lost: "report_loss",
  frozen: "freeze",
  duplicate: "apply_again",
  clone: "find_clone",
  suspended: "suspend",
};

/** Returns the event that placed a present hold: the last of its kind for this certificate. */
export function placingEvent({ shield, events }: ShieldHistory, hold: string): StoryEvent | undefined {
  return events.findLast(({ serial, event }) => serial === shield.serial && event === PLACED_BY[hold]);
}
