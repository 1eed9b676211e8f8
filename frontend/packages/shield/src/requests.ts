/**
 * Taking a request, by its QR code or from the inbox, and answering it: login (2.3.1.10), signature (2.3.1.11), or no.
 *
 * What the user saw at the scan is what is signed at the approval: the scanned request is kept, and every message is
 * checked against who asks before it is shown.
 */

import { type Confirmed, readOptions } from "@mshield/forms";
import { hex, isInternalMessage, type Signature } from "@mshield/gm";

import { CoSigning } from "./cosigning.ts";
import { checkDocument, checkLogin, displayOidsFor, shownOf } from "./documents.ts";
import { PhoneError, ProblemError, ProtocolError } from "./errors.ts";
import { fromHex } from "./fields.ts";
import {
  type InboxRequest,
  type Kind,
  readInbox,
  readProlonged,
  readScan,
  readTask,
  readWayBack,
  type Scan,
  type Task,
} from "./messages.ts";
import type { Operation } from "./operation.ts";
import { checkGiven, type PinSource } from "./pin.ts";
import { readTaskHere } from "./readings.ts";

const CODE = /^https?:\/\/[^/?#\s]+(?:\/[^?#\s]*)?(?:\/q\/[^/?#\s]+|\/app\/sign)\?\S+$/;
const PURPOSES: Record<Kind, readonly string[]> = { login: ["login"], signature: ["sign", "consent"] };

export type DeclineReason = "declined" | "not_me";

/** One document of an approved request; `signature` is null where it was closed, or its answer lost. */
export interface SignedDocument {
  readonly sid: string;
  readonly title: string;
  readonly signature: Signature | null;
}

/**
 * An approved request. `recovered` says that it had been signed before, and only the answer was lost; `returnAddress`
 * leads back to the app that asked, null where none did.
 */
export interface Approved {
  readonly requestId: string;
  readonly kind: Kind;
  readonly documents: readonly SignedDocument[];
  readonly recovered: boolean;
  readonly returnAddress: string | null;
}

/** Takes the request behind a QR code or another app's link, checks it and keeps it for the decision. */
export async function scan(operation: Operation, code: string): Promise<Scan> {
  if (!CODE.test(code)) {
    throw new PhoneError("bad_code");
  }
  const { connection } = operation;
  return await keep(operation, await connection.post("/api/phone/scans", operation.loggedIn(), { code }));
}

/** The requests that wait for this shield (待办), newest first. */
export async function inbox(operation: Operation): Promise<readonly InboxRequest[]> {
  return readInbox(await operation.connection.get("/api/phone/inbox", operation.loggedIn()));
}

/** Takes a request from the inbox, checks it and keeps it for the decision. */
export async function take(operation: Operation, requestId: string): Promise<Scan> {
  const path = `/api/phone/inbox/${encodeURIComponent(requestId)}`;
  return await keep(operation, await operation.connection.post(path, operation.loggedIn()));
}

/** The kept request; PhoneError `nothing_scanned` where there is none, or another than the one named. */
export function scannedRequest(operation: Operation, requestId?: string): Scan {
  const { scanned } = operation.vault.state;
  if (scanned === null || (requestId !== undefined && scanned.requestId !== requestId)) {
    throw new PhoneError("nothing_scanned");
  }
  // One that was kept by an older version of the app has no options.
  const tasks = scanned.tasks.map((task) => ({
    ...task,
    options: (task.options as Task["options"] | undefined) ?? readOptions(task.format, undefined),
    signingTime: task.signingTime ?? null,
  }));
  return { ...scanned, tasks };
}

/** Signs all documents of the request under one PIN; see `CoSigning.sign` for the errors. */
export async function approve(
  operation: Operation,
  scanned: Scan,
  pin: PinSource,
  confirmed: ReadonlyMap<string, Confirmed> = new Map(),
): Promise<Approved> {
  checkGiven(pin);
  const { tasks } = scanned;
  if (operation.key("key").rn !== null && (await areSigned(operation, tasks))) {
    return await done(operation, scanned, null);
  }
  const documents = tasks.map((task) => ({
    sid: fromHex(task.sid, 16),
    message: task.message,
    shown: shownOf(task, confirmed.get(task.sid) ?? "none"),
  }));
  try {
    return await done(operation, scanned, await new CoSigning(operation, "key", documents).sign(pin));
  } catch (error) {
    // A resent `finish` may meet an outcome that is no longer kept: then the tasks' states tell.
    const isClosed = error instanceof ProblemError && error.code === "task_closed";
    if (isClosed && (await areSigned(operation, tasks))) {
      return await done(operation, scanned, null);
    }
    throw error;
  }
}

/** Prolongs the kept signature, once, and keeps its new end; a repeat gives the same. */
export async function prolong(operation: Operation, scanned: Scan): Promise<Scan> {
  const path = `/api/phone/requests/${encodeURIComponent(scanned.requestId)}/prolongation`;
  const expiresAt = readProlonged(await operation.connection.post(path, operation.loggedIn()));
  const prolonged = { ...scanned, expiresAt, prolongsBy: null };
  await operation.vault.change({ scanned: prolonged });
  return prolonged;
}

/**
 * Refuses the request; `not_me` says that the user did not start it, which the business system is told. Gives the address
 * that leads back to the app that asked, null where none did.
 */
export async function decline(
  operation: Operation,
  scanned: Scan,
  reason: DeclineReason,
): Promise<string | null> {
  const path = `/api/phone/requests/${encodeURIComponent(scanned.requestId)}/decline`;
  await operation.connection.post(path, operation.loggedIn(), { reason });
  await operation.vault.change({ scanned: null });
  return await wayBack(operation, scanned);
}

/**
 * The address that leads back to the app that asked, once the request is over; null where none did. It must be the one
 * shown at the scan, but for what it tells: else ProtocolError `foreign_return`.
 */
export async function wayBack(
  operation: Operation,
  { requestId, returnUrl }: Pick<Scan, "requestId" | "returnUrl">,
): Promise<string | null> {
  // A request that was kept by an older version of the app has none.
  if (!returnUrl) {
    return null;
  }
  const path = `/api/phone/requests/${encodeURIComponent(requestId)}/return`;
  const address = readWayBack(await operation.connection.get(path, operation.loggedIn()));
  if (!address.startsWith(`${returnUrl}${returnUrl.includes("?") ? "&" : "?"}`)) {
    throw new ProtocolError("foreign_return", address);
  }
  return address;
}

/** Forgets the kept request, which ended without this phone; of an answered one nothing is kept anyway. */
export async function forget(operation: Operation, requestId: string): Promise<void> {
  if (operation.vault.state.scanned?.requestId === requestId) {
    await operation.vault.change({ scanned: null });
  }
}

async function keep(operation: Operation, answer: unknown): Promise<Scan> {
  const asked = readScan(answer);
  const uid = hex(operation.key("key").uid);
  if (asked.tasks.length === 0) {
    throw new ProtocolError("bad_task", "nothing to sign");
  }
  const tasks: Task[] = [];
  const displayOids = await displayOidsFor(operation, asked.tasks);
  for (const task of asked.tasks) {
    checkTask(task, asked, uid, displayOids);
    // One after the other: each may be megabytes, and a worker's memory is bounded.
    // oxlint-disable-next-line no-await-in-loop
    tasks.push(asked.kind === "signature" ? await readTaskHere(operation, task) : task);
  }
  const scanned = { ...asked, tasks };
  await operation.vault.change({ scanned });
  return scanned;
}

/** What is signed must be what is shown: of this key, of this purpose, never one of the protocol's own messages. */
function checkTask(task: Task, scanned: Scan, uid: string, displayOids: readonly string[]): void {
  if (task.uid !== uid || !PURPOSES[scanned.kind].includes(task.purpose)) {
    throw new ProtocolError("bad_task", "of another key or purpose");
  }
  if (isInternalMessage(task.message)) {
    throw new ProtocolError("bad_task", "a message of the protocol itself");
  }
  if (scanned.kind === "signature") {
    checkDocument(task, displayOids);
  } else if (task.format === "raw") {
    checkLogin(task.message, scanned.requestId, scanned.requester);
  } else {
    throw new ProtocolError("bad_task", "a login with signed attributes");
  }
}

async function done(
  operation: Operation,
  scanned: Scan,
  signatures: readonly (Signature | null)[] | null,
): Promise<Approved> {
  const { requestId, kind, tasks } = scanned;
  // Before the request is forgotten: where this answer is lost, approving again finds it signed and asks again.
  const returnAddress = await wayBack(operation, scanned);
  await operation.vault.change({ scanned: null });
  const documents = tasks.map(({ sid, title }, i) => ({ sid, title, signature: signatures?.[i] ?? null }));
  return { requestId, kind, documents, recovered: signatures === null, returnAddress };
}

async function areSigned(operation: Operation, tasks: readonly Task[]): Promise<boolean> {
  const credentials = operation.loggedIn();
  for (const { sid } of tasks) {
    const task = readTask(await operation.connection.get(`/api/phone/tasks/${sid}`, credentials));
    if (task.state !== "signed") {
      return false;
    }
  }
  return true;
}
