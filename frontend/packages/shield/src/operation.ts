/**
 * One operation of the phone: the locked record, a connection, the secrets. Each use case is a function of
 * one.
 */

import { GmError } from "@mshield/gm";

import type { Connection, RetryLimits, Platform } from "./connection.ts";
import type { Credentials } from "./dpop.ts";
import { PhoneError, ProtocolError, type ShieldError } from "./errors.ts";
import type { NewPin, Secrets } from "./secrets.ts";
import { keyAt, type KeyPlace, type KeyState } from "./state.ts";
import type { DocumentReader } from "./task_reading.ts";
import type { Vault } from "./store.ts";
import type { ViewStore } from "./view_store.ts";

export interface Dependencies {
  readonly vault: Vault;
  readonly connection: Connection;
  readonly secrets: Secrets;
  readonly reader: DocumentReader;
  readonly views: ViewStore;
  readonly patience: RetryLimits;
  readonly platform: Platform;
  /** PBKDF2 rounds of new slots; existing slots keep theirs. */
  readonly pinRounds: number;
}

export class Operation {
  readonly vault: Vault;
  readonly connection: Connection;
  readonly secrets: Secrets;
  readonly reader: DocumentReader;
  readonly views: ViewStore;
  readonly patience: RetryLimits;
  readonly platform: Platform;
  readonly #pinRounds: number;

  constructor(means: Dependencies) {
    this.vault = means.vault;
    this.connection = means.connection;
    this.secrets = means.secrets;
    this.reader = means.reader;
    this.views = means.views;
    this.patience = means.patience;
    this.platform = means.platform;
    this.#pinRounds = means.pinRounds;
  }

  /** Returns credentials for calls before login: a proof of the device key, no token. */
  anonymous(): Credentials {
    return { deviceKey: this.vault.state.deviceKey };
  }

  /**
   * Returns credentials for calls after login. Throws: PhoneError `not_logged_in` if there is no login or it
   * has ended.
   */
  loggedIn(): Credentials & { readonly token: string } {
    const { session, deviceKey } = this.vault.state;
    if (session === null || session.expiresAt <= this.platform.now()) {
      throw new PhoneError("not_logged_in");
    }
    return { deviceKey, token: session.token };
  }

  key(place: KeyPlace): KeyState {
    return keyAt(this.vault.state, place);
  }

  /** Changes parts of a key in one transaction. */
  async changeKey(place: KeyPlace, parts: Partial<KeyState>): Promise<void> {
    await this.vault.change({ [place]: { ...this.key(place), ...parts } });
  }

  /** Describes the PIN of a new slot, set now or on an earlier day. */
  newPin(pin: string, setAt = this.platform.now()): NewPin {
    return { pin, setAt, rounds: this.#pinRounds };
  }
}

/** Converts errors of the protocol's arithmetic to ProtocolError, under their code or the given one. */
export async function wrapErrors<T>(work: Promise<T>, code?: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof GmError ? refusal(error, code) : error;
  }
}

function refusal(error: GmError, code: string = error.code): ShieldError {
  return new ProtocolError(code, error.message);
}
