/**
 * One PIN that opens the app and confirms the login at a PC whose code was read before (ADR 125).
 *
 * What the user saw before the PIN is what is signed: the unlock's document is made here, and the login's was
 * checked against its requester on arrival and is checked once more.
 */

import { CoSigning } from "./cosigning.ts";
import { checkLogin } from "./documents.ts";
import { ProblemError, ProtocolError } from "./errors.ts";
import { Fields, fromHex } from "./fields.ts";
import { keepLogin } from "./login.ts";
import { type Claim, type ClaimedLogin, readTask } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { requirePinForm, type PinSource } from "./pin.ts";
import type { Account } from "./state.ts";
import { documentOf, unlock } from "./unlock.ts";
import { fromBase64 } from "./strict_json.ts";

/**
 * Result: the app is open for `account`. `login` is confirmed, or closed, as it had ended or another phone
 * has it.
 */
export interface OnePin {
  readonly account: Account;
  readonly login: "confirmed" | "closed";
}

/** A claim to a login that was shown. */
export type LoginClaim = Pick<Claim, "claim" | "requester"> & { readonly login: ClaimedLogin };

/** Error codes of a login that has ended, is signed already and the answer was lost, or isn't this phone's. */
const OVER = new Set(["request_closed", "expired_request", "qr_stale", "other_shield", "not_found"]);

/**
 * Logs in by the PIN, here and at the PC. Throws: ProblemError `unlock_closed` with one attempt left, `held`,
 * `filing_changed`; `task_closed` if the login ended while the PIN was typed (no attempt was counted); others
 * as `CoSigning.sign`.
 */
export async function unlockAndLogIn(
  operation: Operation,
  origin: string,
  { claim, login, requester }: LoginClaim,
  pin: PinSource,
): Promise<OnePin> {
  requirePinForm(pin);
  const { connection } = operation;
  const message = fromBase64(login.message);
  checkLogin(message, login.requestId, requester);
  let of: Fields;
  try {
    const path = "/api/phone/unlocks/for-login";
    of = new Fields(await connection.post(path, operation.anonymous(), { claim }));
  } catch (error) {
    if (!(error instanceof ProblemError && OVER.has(error.code))) {
      throw error;
    }
    const account = await unlock(operation, origin, pin);
    return { account, login: await ended(operation, login.sid) };
  }
  const { document, credentials } = await documentOf(operation, origin, of);
  if (of.text("login_sid") !== login.sid) {
    throw new ProtocolError("bad_task", "another login than the one that was shown");
  }
  const documents = [document, { sid: fromHex(login.sid, 16), message }];
  const [, signed] = await new CoSigning(operation, "key", documents, [], credentials).sign(pin);
  const answer = new Fields(await connection.post("/api/phone/unlocks/login", credentials));
  return {
    account: await keepLogin(operation, answer),
    login: signed === null ? "closed" : "confirmed",
  };
}

/** Returns how a finished login ended; it may be this phone's own signature, whose answer was lost. */
async function ended(operation: Operation, sid: string): Promise<"confirmed" | "closed"> {
  try {
    const path = `/api/phone/tasks/${sid}`;
    const task = readTask(await operation.connection.get(path, operation.loggedIn()));
    return task.state === "signed" ? "confirmed" : "closed";
  } catch (error) {
    if (error instanceof ProblemError && error.status === 404) {
      return "closed";
    }
    throw error;
  }
}
