/**
 * Activation codes: one officer creates them for operators, two for a legal representative (the act
 * `identity.code`).
 */

import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "./client.ts";
import type { ActivationCode } from "./types.ts";

/** Creates a code for an operator, replacing the previous one; it is returned only this once. */
export async function makeCode(personId: string): Promise<ActivationCode> {
  const params = { path: { person_id: personId } };
  return unwrapAnswer(api.POST("/api/console/filing/people/{person_id}/activation-code", { params }));
}

/** Formats it for printing, in groups of four letters. */
export function groupedCode(code: string): string {
  return code.match(/.{1,4}/g)?.join("-") ?? code;
}
