/**
 * The user's own account: closing it, exporting its data, and asking the legal representative about a shield.
 */

import { Fields } from "./fields.ts";
import type { Operation } from "./operation.ts";
import type { PinSource } from "./pin.ts";
import { signedByPin } from "./pin_change.ts";

export interface DataPart {
  readonly name: string;
  readonly rows: number;
  readonly zh: string;
  readonly en: string;
  readonly whyZh: string;
  readonly whyEn: string;
}

/**
 * Effects of closing the account. `dueAt` (ms) is set once closing is requested; until that time it can be undone.
 */
export interface Closing {
  readonly dueAt: number | null;
  readonly days: number;
  readonly shields: readonly string[];
  readonly erased: readonly DataPart[];
  readonly kept: readonly DataPart[];
  /** Proof that a request needs: the PIN of this phone's shield if it may sign, otherwise an SMS code. */
  readonly by: "pin" | "sms_code";
}

const ASK_KINDS = ["report_loss", "revoke", "lift", "renew"] as const;
const ASK_STATES = ["waiting", "done", "refused", "withdrawn", "expired"] as const;
export type AskKind = (typeof ASK_KINDS)[number];

/**
 * A question to the legal representative and their answer; times in ms. A newer service may send unknown
 * kinds and states.
 */
export interface ShieldAsk {
  readonly id: string;
  readonly kind: AskKind | "unknown";
  readonly shieldNumber: string;
  readonly note: string;
  readonly state: (typeof ASK_STATES)[number] | "unknown";
  readonly askedAt: number;
  readonly expiresAt: number;
  readonly decidedAt: number | null;
  readonly reason: string | null;
}

const CLOSING = "/api/phone/account/closing";

export async function closing(operation: Operation): Promise<Closing> {
  const of = new Fields(await operation.connection.get(CLOSING, operation.loggedIn()));
  return {
    dueAt: of.integerOrNull("due_at"),
    days: of.integer("days"),
    shields: of.list("shields").map(String),
    erased: of.list("erased").map(readPart),
    kept: of.list("kept").map(readPart),
    by: of.word("by", ["pin", "sms_code"]),
  };
}

/**
 * Closes with a code of purpose `close`. Throws: ProblemError `pin_needed` if this phone has a shield that
 * may sign.
 */
export async function close(operation: Operation, smsCode: string): Promise<void> {
  await operation.connection.post(CLOSING, operation.loggedIn(), { sms_code: smsCode });
}

/** Closes with the PIN, which is checked and counted as for a signature. Throws: as `CoSigning.sign`. */
export async function closeByPin(operation: Operation, pin: PinSource): Promise<void> {
  const signed = await signedByPin(operation, "close", pin);
  await operation.connection.post(CLOSING, operation.loggedIn(), signed);
}

export async function undoClosing(operation: Operation): Promise<void> {
  await operation.connection.delete(CLOSING, operation.loggedIn());
}

/** Exports all data stored about the account, as JSON; needs a code of purpose `export`. */
export async function exportData(operation: Operation, smsCode: string): Promise<string> {
  const path = "/api/phone/account/export";
  const answer = await operation.connection.post(path, operation.loggedIn(), { sms_code: smsCode });
  return JSON.stringify(answer, null, 2);
}

export async function asks(operation: Operation): Promise<readonly ShieldAsk[]> {
  const answer = await operation.connection.get("/api/phone/asks", operation.loggedIn());
  return new Fields(answer).list("items").map(readAsk);
}

export async function ask(
  operation: Operation,
  kind: AskKind,
  shieldNumber: string,
  note: string,
): Promise<void> {
  const payload = { kind, shield_number: shieldNumber, note };
  await operation.connection.post("/api/phone/asks", operation.loggedIn(), payload);
}

export async function withdrawAsk(operation: Operation, id: string): Promise<void> {
  await operation.connection.delete(`/api/phone/asks/${encodeURIComponent(id)}`, operation.loggedIn());
}

function readPart(value: unknown): DataPart {
  const of = new Fields(value);
  return {
    name: of.text("name"),
    rows: of.integer("rows"),
    zh: of.text("zh"),
    en: of.text("en"),
    whyZh: of.text("why_zh"),
    whyEn: of.text("why_en"),
  };
}

function readAsk(value: unknown): ShieldAsk {
  const of = new Fields(value);
  return {
    id: of.text("id"),
    kind: of.knownWord("kind", ASK_KINDS),
    shieldNumber: of.text("shield_number"),
    note: of.text("note"),
    state: of.knownWord("state", ASK_STATES),
    askedAt: of.integer("asked_at"),
    expiresAt: of.integer("expires_at"),
    decidedAt: of.integerOrNull("decided_at"),
    reason: of.textOrNull("reason"),
  };
}
