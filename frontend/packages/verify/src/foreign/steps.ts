/** Steps and codes for refusing a P7, by the reason of its P7Error. */

import type { Step } from "../errors.ts";

/** Steps and codes by reason. */
export const P7_STEPS: Readonly<Record<string, readonly [step: Step, code: string]>> = {
  content: ["content", "message_mismatch"],
  digest: ["content", "message_mismatch"],
  ambiguous: ["content", "ambiguous"],
  certificate: ["chain", "no_certificate"],
  usage: ["chain", "wrong_usage"],
  signature: ["signature", "bad_signature"],
};
