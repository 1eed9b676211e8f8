/** Activation codes: made for operators by one officer, for a legal person by two (the act `identity.code`). */

import { answered } from "@mshield/desk/client.ts";

import { api } from "./client.ts";
import type { ActivationCode } from "./types.ts";

/** A new one for an operator, in place of the one before; told this once. */
export async function makeCode(personId: string): Promise<ActivationCode> {
  const params = { path: { person_id: personId } };
  return answered(api.POST("/api/console/filing/people/{person_id}/activation-code", { params }));
}

/** As it is printed: its letters in groups of four. */
export function groupedCode(code: string): string {
  return code.match(/.{1,4}/g)?.join("-") ?? code;
}
