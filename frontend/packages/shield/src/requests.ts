/**
 * Taking a request by QR code or from the inbox, and answering it: login (2.3.1.10), signature (2.3.1.11) or
 * refusal.
 *
 * What the user saw at the scan is what is signed at the approval: the scanned request is stored, and every
 * message is checked against the requester before it is displayed.
 */

import type { Confirmation, Pages } from "@mshield/forms";
import { hex, isInternalMessage, type Signature, sm3 } from "@mshield/gm";

import { derOf } from "./certificate.ts";
import { CoSigning } from "./cosigning.ts";
import { checkDocument, checkLogin, displayOidsFor, displayItem } from "./documents.ts";
import { PhoneError, ProblemError, ProtocolError } from "./errors.ts";
import { Fields, fromHex } from "./fields.ts";
import {
  type Claim,
  type InboxRequest,
  type Kind,
  type Part,
  readClaim,
  readInbox,
  readProlonged,
  readScan,
  readTask,
  readNewProperties,
  readReturnAddress,
  type Scan,
  type Task,
  type NewProperty,
} from "./messages.ts";
import type { Operation } from "./operation.ts";
import { MOST_DOCUMENTS, partsOf } from "./parts.ts";
import { requirePinForm, type PinSource } from "./pin.ts";
import { readTaskHere } from "./readings.ts";
import { settledRenewal } from "./renewal_state.ts";
import type { ExcludedDocument } from "./secrets.ts";
import { fromBase64 } from "./strict_json.ts";

const CODE = /^https?:\/\/[^/?#\s]+(?:\/[^?#\s]*)?(?:\/q\/[^/?#\s]+|\/app\/sign)\?\S+$|^claim:\S+$/;
/** The short code shown next to the QR code, as typed: the service reads I, L and O as 1, 1 and 0. */
const SHORT = /^[0-9A-TV-Z]{8}$/;
/** Upper bound of the reported typing time (ms). */
const MOST_TYPED = 20_000;
const PURPOSES: Record<Kind, readonly string[]> = { login: ["login"], signature: ["sign", "consent"] };

export type DeclineReason = "declined" | "not_me";

/**
 * Outcome for a document: signed, closed by its system meanwhile, excluded by the user, or left in the inbox
 * with its whole request.
 */
export type DocumentEnd = "signed" | "closed" | "excluded" | "left";

/** One document of an approved request; `signature` is null if there is none, or its answer was lost. */
export interface SignedDocument {
  readonly sid: string;
  readonly title: string;
  readonly signature: Signature | null;
  readonly end: DocumentEnd;
}

/**
 * The user's choices by `sid`: extra confirmations, the pages of a document signed unread that were on the
 * screen, and reasons for excluding a document.
 */
export interface Choices {
  readonly pages?: ReadonlyMap<string, Pages>;
  readonly confirmed?: ReadonlyMap<string, Confirmation>;
  readonly excluded?: ReadonlyMap<string, string>;
}

/**
 * An approved request. With `recovered`, it had been signed before and only the answer was lost;
 * `returnAddress` leads back to the requesting app, null if there is none.
 */
export interface Approval {
  readonly requestId: string;
  readonly kind: Kind;
  readonly documents: readonly SignedDocument[];
  readonly recovered: boolean;
  readonly returnAddress: string | null;
}

/** Takes the request behind a QR code or another app's link, checks it, and stores it for the decision. */
export async function scan(operation: Operation, code: string, typedMs?: number): Promise<Scan> {
  const body = codeBody(code, typedMs);
  const { connection } = operation;
  return await keep(operation, await connection.post("/api/phone/scans", operation.loggedIn(), body));
}

/**
 * Claims a code that is read or typed before login: afterwards this phone scans its `claim`, until
 * `expiresAt` (ms). This doesn't take the request.
 */
export async function claim(operation: Operation, code: string, typedMs?: number): Promise<Claim> {
  const { connection } = operation;
  const path = "/api/phone/claims";
  const kept = readClaim(await connection.post(path, operation.anonymous(), codeBody(code, typedMs)));
  if (kept.login !== null) {
    checkLogin(fromBase64(kept.login.message), kept.login.requestId, kept.requester);
  }
  return kept;
}

/** Builds the body for a code. Throws: PhoneError `bad_code`. */
function codeBody(code: string, typedMs?: number): object {
  if (!CODE.test(code) && !SHORT.test(code)) {
    throw new PhoneError("bad_code");
  }
  return typedMs === undefined ? { code } : { code, typed_ms: Math.min(Math.round(typedMs), MOST_TYPED) };
}

/** Returns the requests that wait for this shield (待办), newest first. */
export async function inbox(operation: Operation): Promise<readonly InboxRequest[]> {
  return readInbox(await operation.connection.get("/api/phone/inbox", operation.loggedIn()));
}

/** Takes a request from the inbox, checks it, and stores it for the decision. */
export async function take(operation: Operation, requestId: string): Promise<Scan> {
  return await openTogether(operation, [requestId]);
}

/**
 * Takes several requests of one system from the inbox, to be answered together. Throws: ProtocolError
 * `bad_task` if they are of different systems, PhoneError `too_many_documents` if they don't fit in one
 * session.
 */
export async function openTogether(operation: Operation, requestIds: readonly string[]): Promise<Scan> {
  const scans: Scan[] = [];
  for (const requestId of requestIds) {
    const path = `/api/phone/inbox/${encodeURIComponent(requestId)}`;
    const answer = await operation.connection.post(path, operation.loggedIn());
    scans.push(await checked(operation, answer));
  }
  const scanned = { ...together(scans), isFromInbox: true };
  await operation.vault.change({ scanned });
  return scanned;
}

/**
 * Returns the stored request. Throws: PhoneError `nothing_scanned` if there is none, or it isn't the one
 * named.
 */
export function scannedRequest(operation: Operation, requestId?: string): Scan {
  const { scanned } = operation.vault.state;
  if (scanned === null || (requestId !== undefined && scanned.requestId !== requestId)) {
    throw new PhoneError("nothing_scanned");
  }
  return scanned;
}

/**
 * Signs the request's documents under one PIN, except those excluded. Of several requests, one that is
 * excluded entirely stays open. Throws: as `CoSigning.sign`; PhoneError `nothing_left` if all are excluded,
 * which would be a refusal.
 */
export async function approve(
  operation: Operation,
  scanned: Scan,
  pin: PinSource,
  { confirmed = new Map(), excluded = new Map(), pages = new Map() }: Choices = {},
): Promise<Approval> {
  requirePinForm(pin);
  const settled = operation.key("key").rn === null ? null : await ends(operation, scanned);
  if (settled !== null) {
    return await done(operation, scanned, settled);
  }
  const chosen = chosenOf(scanned, excluded);
  const documents = chosen.signed.map((task) => ({
    sid: fromHex(task.sid, 16),
    message: task.message,
    shown: displayItem(task, confirmed.get(task.sid) ?? "none", pages.get(task.sid) ?? null),
  }));
  try {
    const answers = await new CoSigning(operation, "key", documents, chosen.leftOut).sign(pin);
    const signatures = new Map(chosen.signed.map(({ sid }, i) => [sid, answers[i] ?? null]));
    const leftOut = new Set(chosen.leftOut.map(({ sid }) => sid));
    const endOf = (sid: string): DocumentEnd => {
      const signature = signatures.get(sid);
      return signature ? "signed" : signature === null ? "closed" : leftOut.has(sid) ? "excluded" : "left";
    };
    return await done(operation, scanned, endOf, signatures);
  } catch (error) {
    // A repeated `finish` may come after its result was deleted; the tasks' states then show the outcome.
    const isClosed = error instanceof ProblemError && error.code === "task_closed";
    const end = isClosed ? await ends(operation, scanned) : null;
    if (end !== null) {
      return await done(operation, scanned, end);
    }
    throw error;
  }
}

/** Extends the stored signature request, once, and stores its new end; repeating it has the same result. */
export async function prolong(operation: Operation, scanned: Scan): Promise<Scan> {
  const times: number[] = [];
  for (const { requestId } of partsOf(scanned)) {
    const path = `/api/phone/requests/${encodeURIComponent(requestId)}/prolongation`;
    times.push(readProlonged(await operation.connection.post(path, operation.loggedIn())));
  }
  const prolonged = { ...scanned, expiresAt: Math.min(...times), prolongsBy: null };
  await operation.vault.change({ scanned: prolonged });
  return prolonged;
}

/** Returns the documents to sign, and those excluded from requests of which something is signed. */
function chosenOf(
  scanned: Scan,
  excluded: ReadonlyMap<string, string>,
): { readonly signed: readonly Task[]; readonly leftOut: readonly ExcludedDocument[] } {
  const signed = scanned.tasks.filter(({ sid }) => !excluded.has(sid));
  if (signed.length === 0) {
    throw new PhoneError("nothing_left");
  }
  const answered = partsOf(scanned).filter(({ sids }) => sids.some((sid) => !excluded.has(sid)));
  const leftOut = answered.flatMap(({ sids }) =>
    sids.filter((sid) => excluded.has(sid)).map((sid) => ({ sid, reason: excluded.get(sid)! })),
  );
  return { signed, leftOut };
}

/**
 * Refuses the request. `not_me` reports to the business system that the user did not start it. Returns the
 * address that leads back to the requesting app, null if there is none.
 */
export async function decline(
  operation: Operation,
  scanned: Scan,
  reason: DeclineReason,
): Promise<string | null> {
  const parts = partsOf(scanned);
  for (const { requestId } of parts) {
    const path = `/api/phone/requests/${encodeURIComponent(requestId)}/decline`;
    try {
      await operation.connection.post(path, operation.loggedIn(), { reason });
    } catch (error) {
      // Of several requests, one may have ended by itself, or was declined before the connection was lost.
      const isOver = error instanceof ProblemError && error.code === "request_closed";
      if (!isOver || parts.length === 1) {
        throw error;
      }
    }
  }
  await operation.vault.change({ scanned: null });
  return await fetchReturnAddress(operation, scanned);
}

/**
 * Returns the address that leads back to the requesting app once the request has ended; null if there is
 * none. Throws: ProtocolError `foreign_return` unless it is the one shown at the scan, apart from the result
 * it carries.
 */
export async function fetchReturnAddress(
  operation: Operation,
  { requestId, returnUrl }: Pick<Scan, "requestId" | "returnUrl">,
): Promise<string | null> {
  if (returnUrl === null) {
    return null;
  }
  const path = `/api/phone/requests/${encodeURIComponent(requestId)}/return`;
  const address = readReturnAddress(await operation.connection.get(path, operation.loggedIn()));
  if (!address.startsWith(`${returnUrl}${returnUrl.includes("?") ? "&" : "?"}`)) {
    throw new ProtocolError("foreign_return", address);
  }
  return address;
}

/** Forgets the stored request, which ended without this phone; an answered one isn't stored anyway. */
export async function forget(operation: Operation, requestId: string): Promise<void> {
  if (operation.vault.state.scanned?.requestId === requestId) {
    await operation.vault.change({ scanned: null });
  }
}

async function keep(operation: Operation, answer: unknown): Promise<Scan> {
  const scanned = await checked(operation, answer);
  await operation.vault.change({ scanned });
  return scanned;
}

/** Merges several requests into one. */
function together(scans: readonly Scan[]): Scan {
  const [first, ...others] = scans as [Scan, ...Scan[]];
  if (others.length === 0) {
    return first;
  }
  const isOne = ({ kind, requester }: Scan): boolean =>
    kind === "signature" &&
    requester.name === first.requester.name &&
    requester.domain === first.requester.domain;
  if (!scans.every(isOne)) {
    throw new ProtocolError("bad_task", "requests of different systems");
  }
  const tasks = scans.flatMap((asked) => asked.tasks);
  if (tasks.length > MOST_DOCUMENTS) {
    throw new PhoneError("too_many_documents");
  }
  return {
    ...first,
    expiresAt: Math.min(...scans.map(({ expiresAt }) => expiresAt)),
    tasks,
    parts: scans.map(({ requestId, tasks: own }) => ({ requestId, sids: own.map(({ sid }) => sid) })),
  };
}

async function checked(operation: Operation, answer: unknown): Promise<Scan> {
  const asked = readScan(answer);
  const { pending } = operation.vault.state;
  // The service uses a renewal's new key already, and only its last answer was missed.
  if (pending?.renews && asked.tasks.some((task) => task.uid === hex(pending.uid))) {
    await settledRenewal(operation);
  }
  const uid = hex(operation.key("key").uid);
  if (asked.tasks.length === 0) {
    throw new ProtocolError("bad_task", "nothing to sign");
  }
  const tasks: Task[] = [];
  const displayOids = await displayOidsFor(operation, asked.tasks);
  const { certificate } = operation.key("key");
  const own = certificate === null ? null : sm3(derOf(certificate.pem));
  for (const task of asked.tasks) {
    checkTask(task, asked, uid, { displayOids, certificate: own });
    // One after the other, since each may be megabytes and a worker's memory is bounded.
    tasks.push(
      asked.kind === "signature" ? await readTaskHere(operation, task, asked.requester.clientId) : task,
    );
  }
  return { ...asked, tasks };
}

/**
 * Checks that what is signed is what is displayed: for this key and purpose, and never one of the protocol's
 * own messages.
 */
function checkTask(
  task: Task,
  scanned: Scan,
  uid: string,
  { displayOids, certificate }: { displayOids: readonly string[]; certificate: Uint8Array | null },
): void {
  if (task.uid !== uid || !PURPOSES[scanned.kind].includes(task.purpose)) {
    throw new ProtocolError("bad_task", "of another key or purpose");
  }
  if (isInternalMessage(task.message)) {
    throw new ProtocolError("bad_task", "a message of the protocol itself");
  }
  if (scanned.kind === "signature") {
    if (!task.isDrawn) {
      throw new ProtocolError(
        "bad_task",
        "a document without view and rendered lines, even if both are null",
      );
    }
    checkDocument(task, displayOids, certificate);
  } else if (task.format === "raw") {
    checkLogin(task.message, scanned.requestId, scanned.requester);
  } else {
    throw new ProtocolError("bad_task", "a login with signed attributes");
  }
}

async function done(
  operation: Operation,
  scanned: Scan,
  endOf: (sid: string) => DocumentEnd,
  signatures: ReadonlyMap<string, Signature | null> | null = null,
): Promise<Approval> {
  const { requestId, kind, tasks } = scanned;
  // Before the request is forgotten: if this answer is lost, approving again finds it signed and asks again.
  const returnAddress = await fetchReturnAddress(operation, scanned);
  // Once the outcome was found out, the operation no longer lacks an answer.
  const key = signatures === null ? { key: { ...operation.key("key"), isUnanswered: false } } : {};
  await operation.vault.change({ scanned: null, ...key });
  const documents = tasks.map(({ sid, title }) => {
    return { sid, title, signature: signatures?.get(sid) ?? null, end: endOf(sid) };
  });
  return { requestId, kind, documents, recovered: signatures === null, returnAddress };
}

const ENDS: Readonly<Record<string, DocumentEnd>> = {
  signed: "signed",
  declined: "excluded",
  waiting: "left",
};

/** Returns how the documents ended at the service; null if none of their requests is signed. */
async function ends(operation: Operation, scanned: Scan): Promise<((sid: string) => DocumentEnd) | null> {
  const credentials = operation.loggedIn();
  const states = new Map<string, string>();
  for (const { sid } of scanned.tasks) {
    const task = readTask(await operation.connection.get(`/api/phone/tasks/${sid}`, credentials));
    states.set(sid, task.state);
  }
  const isSettled = ({ sids }: Part): boolean => {
    const own = sids.map((sid) => states.get(sid));
    return own.includes("signed") && own.every((state) => state === "signed" || state === "declined");
  };
  return partsOf(scanned).some(isSettled) ? (sid) => ENDS[states.get(sid)!] ?? "closed" : null;
}

export async function newProperties(
  operation: Operation,
  requestId: string,
): Promise<readonly NewProperty[]> {
  const path = `/api/phone/requests/${encodeURIComponent(requestId)}/unlike`;
  return readNewProperties(new Fields(await operation.connection.get(path, operation.loggedIn())));
}
