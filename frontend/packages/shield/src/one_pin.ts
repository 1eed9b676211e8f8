/**
 * One PIN opens the app and confirms the login at a PC whose code was read before (ADR 125).
 *
 * What the person saw before the PIN is what is signed: the unlock's document is made here, the login's was checked against
 * who asks when it came, and is checked once more.
 */

import { CoSigning } from "./cosigning.ts";
import { checkLogin } from "./documents.ts";
import { ProblemError, ProtocolError } from "./errors.ts";
import { Fields, fromBase64, fromHex } from "./fields.ts";
import { keepLogin } from "./login.ts";
import { type Claim, type ClaimedLogin, readTask } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { checkGiven, type PinSource } from "./pin.ts";
import type { Account } from "./state.ts";
import { documentOf, unlock } from "./unlock.ts";

/**
 * The app is open for `account`. `login`: it is confirmed, it had ended or another phone has it, or it waits for its claim to
 * be scanned, since both at once couldn't be.
 */
export interface OnePin {
  readonly account: Account;
  readonly login: "confirmed" | "closed" | "waits";
}

/** A claim to a login that was shown. */
export type ShownLogin = Pick<Claim, "claim" | "requester"> & { readonly login: ClaimedLogin };

/** The service, or a process of it, is older than this: then the app is opened alone. */
const UNKNOWN = 404;
/** The login has ended, or is signed already and the answer was lost. */
const OVER = new Set(["request_closed", "expired_request", "qr_stale", "other_shield"]);

/**
 * Logs in by the PIN, here and at the PC. ProblemError `unlock_closed` with one try left, `held`, `filing_changed`; the others
 * as of `CoSigning.sign`. `task_closed` where the login ended while the PIN was typed: nothing was counted.
 */
export async function unlockAndLogIn(
  operation: Operation,
  origin: string,
  { claim, login, requester }: ShownLogin,
  pin: PinSource,
): Promise<OnePin> {
  checkGiven(pin);
  const { connection } = operation;
  const message = fromBase64(login.message);
  checkLogin(message, login.requestId, requester);
  let of: Fields;
  try {
    const path = "/api/phone/unlocks/for-login";
    of = new Fields(await connection.post(path, operation.anonymous(), { claim }));
  } catch (error) {
    const isOlder = error instanceof ProblemError && error.status === UNKNOWN;
    if (!isOlder && !(error instanceof ProblemError && OVER.has(error.code))) {
      throw error;
    }
    const account = await unlock(operation, origin, pin);
    return { account, login: isOlder ? "waits" : await ended(operation, login.sid) };
  }
  const { document, credentials } = await documentOf(operation, origin, of);
  if (of.text("login_sid") !== login.sid) {
    throw new ProtocolError("bad_task", "another login than the one that was shown");
  }
  const documents = [document, { sid: fromHex(login.sid, 16), message }];
  const isAsked = { now: false };
  const noticed: PinSource = async (prompt) => {
    isAsked.now = true;
    return typeof pin === "string" ? pin : await pin(prompt);
  };
  try {
    const [, signed] = await new CoSigning(operation, "key", documents, [], credentials).sign(noticed);
    const answer = new Fields(await connection.post("/api/phone/unlocks/login", credentials));
    return {
      account: await keepLogin(operation, answer),
      login: signed === null ? "closed" : "confirmed",
    };
  } catch (error) {
    // Before the PIN: by a process of the release before, which knows the unlock alone.
    if (isAsked.now || !(error instanceof ProblemError && error.code === "task_closed")) {
      throw error;
    }
    return { account: await unlock(operation, origin, pin), login: "waits" };
  }
}

/** Of one that is over: it may be this phone's own signature, whose answer was lost. */
async function ended(operation: Operation, sid: string): Promise<"confirmed" | "closed"> {
  try {
    const path = `/api/phone/tasks/${sid}`;
    const task = readTask(await operation.connection.get(path, operation.loggedIn()));
    return task.state === "signed" ? "confirmed" : "closed";
  } catch (error) {
    if (error instanceof ProblemError && error.status === UNKNOWN) {
      return "closed";
    }
    throw error;
  }
}
