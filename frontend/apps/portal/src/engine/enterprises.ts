/** The legal representative's enterprises, and adding one by an activation code. */

import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "./client.ts";
import { session } from "./session.ts";
import type { Enterprise } from "./types.ts";

/** Result of using a code. */
export interface AddedEnterprises {
  /** New enterprises: none if the proof takes effect later, or belongs to another kind of record. */
  readonly added: readonly Enterprise[];
  /** Time (ms) at which it takes effect; null if it already has. */
  readonly countsFrom: number | null;
}

/** Uses up a code; `key` is the same for every attempt with one code, which can be used once. */
export async function addEnterprise(code: string, key: string): Promise<AddedEnterprises> {
  const { counts_from: from, enterprises } = await unwrapAnswer(
    api.POST("/api/portal/session/activations", {
      body: { activation_code: code.trim() },
      headers: { "Idempotency-Key": key },
    }),
  );
  const before = new Set(session.enterprises.map((firm) => firm.credit_code));
  session.enterprises = enterprises;
  return {
    added: enterprises.filter((firm) => !before.has(firm.credit_code)),
    countsFrom: from > Date.now() ? from : null,
  };
}
