/**
 * Binding of the certificate to the account (绑定证书, manual 2.3.1.4): a statement, checked and signed under the
 * PIN.
 */

import { hex, equalBytes } from "@mshield/gm";

import { serialOf } from "./certificate.ts";
import { CoSigning } from "./cosigning.ts";
import { PhoneError, ProtocolError } from "./errors.ts";
import { Fields, fromHex } from "./fields.ts";
import { readTask, type Task } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { requirePinForm, type PinSource } from "./pin.ts";
import { canonicalJson, readJson } from "./strict_json.ts";

const FIELDS = [
  "type",
  "account",
  "shield_number",
  "serial",
  "client_id",
  "name",
  "nonce",
  "issued_at",
] as const;

/** A signed binding; `sid` (hex) identifies it, `account` is what the certificate is bound to. */
export interface SignedBinding {
  readonly sid: string;
  readonly account: string;
}

/** Binds this phone's certificate, for one business system or (null) for all. Throws: as `CoSigning.sign`. */
export async function bind(
  operation: Operation,
  pin: PinSource,
  clientId: string | null,
): Promise<SignedBinding> {
  requirePinForm(pin);
  const { connection } = operation;
  const payload = { client_id: clientId };
  const task = readTask(await connection.post("/api/phone/bindings", operation.loggedIn(), payload));
  const account = checked(operation, task, clientId);
  const document = { sid: fromHex(task.sid, 16), message: task.message };
  const [signature] = await new CoSigning(operation, "key", [document]).sign(pin);
  if (!signature) {
    throw new PhoneError("not_bound");
  }
  return { sid: task.sid, account };
}

/** Ends a binding of this phone; `sid` as in `me().bindings`. */
export async function unbind(operation: Operation, sid: string): Promise<void> {
  await operation.connection.delete(`/api/phone/bindings/${encodeURIComponent(sid)}`, operation.loggedIn());
}

/**
 * Checks that the statement is about this phone's own certificate and the requested system; returns the
 * account to show.
 */
function checked(operation: Operation, task: Task, clientId: string | null): string {
  const { certificate, uid } = operation.key("key");
  if (certificate === null) {
    throw new PhoneError("no_key");
  }
  const value = readJson(task.message);
  const of = new Fields(value, FIELDS);
  const isAsked =
    task.purpose === "bind" &&
    task.uid === hex(uid) &&
    of.text("type") === "mshield-bind/v1" &&
    of.text("serial") === serialOf(certificate.pem) &&
    of.text("shield_number") === operation.vault.state.shieldNumber &&
    of.textOrNull("client_id") === clientId;
  if (!isAsked || !equalBytes(canonicalJson(value), task.message)) {
    throw new ProtocolError("bad_task", "the statement is about another certificate or business system");
  }
  return of.text("account");
}
