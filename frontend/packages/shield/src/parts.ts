/** Several requests that are answered together. */

import type { Part, Scan } from "./messages.ts";

/** Maximum number of documents in one session of the protocol. */
export const MOST_DOCUMENTS = 64;

/** Returns the requests in a scan, usually one. */
export const partsOf = ({
  requestId,
  tasks,
  parts,
}: Pick<Scan, "requestId" | "tasks" | "parts">): readonly Part[] =>
  parts ?? [{ requestId, sids: tasks.map(({ sid }) => sid) }];
