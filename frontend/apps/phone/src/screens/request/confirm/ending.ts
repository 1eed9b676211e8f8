/** Ways in which a request ends without a signature by this phone. */

import type { ShieldError } from "@mshield/shield";

export type Ending = "not_me" | "declined" | "expired" | "closed";

const CLOSED = new Set(["request_closed", "task_closed", "nothing_scanned"]);

/** Returns how this refusal ends the request; null if the request may go on. */
export function endingOf({ code }: ShieldError, isOver: boolean): Ending | null {
  if (code === "expired_request") {
    return "expired";
  }
  if (CLOSED.has(code)) {
    return isOver ? "expired" : "closed";
  }
  return null;
}
