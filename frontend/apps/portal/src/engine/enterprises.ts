/** The enterprises that the legal person answers for, and one more of them by an activation code. */

import { answered } from "@mshield/desk/client.ts";

import { api } from "./client.ts";
import { session } from "./session.ts";
import type { Enterprise } from "./types.ts";

/** What a code has done. */
export interface Added {
  /** Enterprises that weren't there before: none where the proof counts later, or is of another kind of record. */
  readonly added: readonly Enterprise[];
  /** From when (ms) it counts; null where it does already. */
  readonly countsFrom: number | null;
}

/** Uses a code up; `key` is the same for every try of one code, which is good once. */
export async function addEnterprise(code: string, key: string): Promise<Added> {
  const { counts_from: from, enterprises } = await answered(
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
