/**
 * Whether the log has it that a view was registered for the system that asks. The log's key is the one that the service told
 * beside the certificate: whoever takes over the service later can't show by a view that nobody registered.
 */

import { PartError } from "@mshield/verify";
import { checkViewProof, type ViewProof } from "@mshield/verify/view_registration.ts";

import { ProblemError, ProtocolError } from "./errors.ts";
import { Fields, fromBase64 } from "./fields.ts";
import type { IssuedCertificate, TaskView } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { readJson } from "./strict_json.ts";

/** The second before the log has a view, and a service that doesn't know the way to it or the view. */
const UNPROVEN = new Set(["not_logged_yet", "not_found"]);

/** Of one operation, what was judged already: a request may have many documents of one view. */
const judged = new WeakMap<Operation, Map<string, Promise<boolean>>>();

/**
 * False where the service doesn't prove it; true too where this phone knows no log, as no check is possible then.
 * ProtocolError `bad_task` for a proof that doesn't hold.
 */
export async function isRegistered(
  operation: Operation,
  view: TaskView,
  clientId: string | null,
): Promise<boolean> {
  const logKey = operation.vault.state.key?.certificate?.logKey ?? null;
  if (logKey === null || clientId === null) {
    return logKey === null;
  }
  const own = judged.get(operation) ?? new Map<string, Promise<boolean>>();
  judged.set(operation, own);
  const name = `${view.digest}/${clientId}/${view.id}/${view.version}`;
  const judging = own.get(name) ?? judge(operation, { ...view, clientId }, logKey);
  own.set(name, judging);
  return await judging;
}

/** Once, for a certificate that was taken over from a service which didn't tell the log's key. */
export async function keepLogKey(
  operation: Operation,
  { pem, logKey }: Pick<IssuedCertificate, "pem" | "logKey">,
): Promise<void> {
  const certificate = operation.vault.state.key?.certificate;
  if (certificate?.pem === pem && logKey !== null && (certificate.logKey ?? null) === null) {
    await operation.changeKey("key", { certificate: { ...certificate, logKey } });
  }
}

/** By a proof that is kept, which is checked every time, or one that is fetched and kept. */
async function judge(
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
