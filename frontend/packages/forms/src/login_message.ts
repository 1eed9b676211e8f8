/**
 * Message that a login signs (protocol, "What a login signs"): canonical JSON that names request and business
 * system.
 */

import { canonicalJson } from "./strict_json.ts";

export const LOGIN_TYPE = "mshield-login/v1";

/** Fields of the message; all are text except `issued_at`, which is in ms. */
export const LOGIN_FIELDS = [
  "type",
  "request_id",
  "client_id",
  "domain",
  "name",
  "nonce",
  "issued_at",
] as const;

export type LoginMessage = Readonly<
  Record<Exclude<(typeof LOGIN_FIELDS)[number], "issued_at">, string> & { issued_at: number }
>;

/** Returns M of a login. */
export function loginBytes(message: LoginMessage): Uint8Array {
  return canonicalJson(Object.fromEntries(LOGIN_FIELDS.map((name) => [name, message[name]])));
}
