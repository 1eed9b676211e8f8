/** When a request was made. */

import type { Scan } from "@mshield/shield";

/** A login's message says it (checked at the scan); a signature's request tells it by its id (RFC 9562, version 7). */
export function askedAt({
  kind,
  requestId,
  tasks,
}: Pick<Scan, "kind" | "requestId" | "tasks">): number | null {
  const message = tasks[0]?.message;
  if (kind === "login" && message) {
    const { issued_at: issued } = JSON.parse(new TextDecoder().decode(message)) as { issued_at: number };
    return issued;
  }
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(requestId)
    ? Number.parseInt(requestId.slice(0, 13).replace("-", ""), 16)
    : null;
}
