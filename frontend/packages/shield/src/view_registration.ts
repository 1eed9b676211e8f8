/**
 * Checks by the log that a view was registered for the requesting system. The log's key is the one that the
 * service sent with the certificate, so an attacker who takes over the service later can't use an unregistered view.
 */

import { PartError } from "@mshield/verify";
import { checkViewProof, type ViewProof } from "@mshield/verify/view_registration.ts";

import { PhoneError, ProblemError, ProtocolError } from "./errors.ts";
import { Fields } from "./fields.ts";
import type { TaskView } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { fromBase64, readJson } from "./strict_json.ts";

/** Error codes before the log has the view (about a second), and if the service lacks the view. */
const UNPROVEN = new Set(["not_logged_yet", "not_found"]);

/** Cached results per operation: a request may have many documents of one view. */
const cached = new WeakMap<Operation, Map<string, Promise<boolean>>>();

/** Returns false if the service doesn't prove the registration. Throws: ProtocolError `bad_task` for an invalid proof. */
export async function isRegistered(operation: Operation, view: TaskView, clientId: string): Promise<boolean> {
  const logKey = operation.vault.state.key?.certificate?.logKey;
  if (logKey === undefined) {
    throw new PhoneError("no_key");
  }
  const own = cached.get(operation) ?? new Map<string, Promise<boolean>>();
  cached.set(operation, own);
  const name = `${view.digest}/${clientId}/${view.id}/${view.version}`;
  const checking = own.get(name) ?? check(operation, { ...view, clientId }, logKey);
  own.set(name, checking);
  return await checking;
}

/**
 * Checks the registration by a cached proof, which is verified every time, or by a fetched one, which is then
 * cached.
 */
async function check(
  operation: Operation,
  view: TaskView & { readonly clientId: string },
  logKey: string,
): Promise<boolean> {
  const { views, platform } = operation;
  const name = `${view.digest}/${view.clientId}`;
  const kept = await views.get(name, platform.now());
  const octets = kept ?? (await fetched(operation, view));
  if (octets === null) {
    return false;
  }
  try {
    checkViewProof(readProof(octets), logKey, view);
  } catch (error) {
    await views.drop(name);
    throw error instanceof PartError
      ? new ProtocolError("bad_task", `the proof of the view's registration: ${error.message}`)
      : error;
  }
  if (kept === null) {
    await views.put(name, octets, platform.now());
  }
  return true;
}

async function fetched(
  operation: Operation,
  { clientId, digest }: { readonly clientId: string; readonly digest: string },
): Promise<Uint8Array | null> {
  const path = `/api/phone/systems/${encodeURIComponent(clientId)}/views/${digest}/registration`;
  try {
    return await operation.connection.getBytes(path, operation.loggedIn());
  } catch (error) {
    if (error instanceof ProblemError && UNPROVEN.has(error.code)) {
      return null;
    }
    throw error;
  }
}

function readProof(octets: Uint8Array): ViewProof {
  const of = new Fields(readJson(octets));
  return {
    entry: fromBase64(of.text("entry")),
    index: of.integer("index"),
    hashes: of.texts("hashes").map(fromBase64),
    checkpoint: of.text("checkpoint"),
  };
}
