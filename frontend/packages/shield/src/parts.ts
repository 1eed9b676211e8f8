/** Several requests that are answered together. */

import type { Part, Scan } from "./messages.ts";

/** In one session of the protocol. */
export const MOST_DOCUMENTS = 64;

/** The requests in it; most often it is one. */
export const partsOf = ({
  requestId,
  tasks,
  parts,
}: Pick<Scan, "requestId" | "tasks" | "parts">): readonly Part[] =>
  parts ?? [{ requestId, sids: tasks.map(({ sid }) => sid) }];
