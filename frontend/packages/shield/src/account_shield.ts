/**
 * First half of the phone's engine: the account, the login and the identity. Each method is one operation
 * under the lock.
 *
 * State is read at the start of each operation and never kept between two, so several tabs may share it. All
 * errors are `ShieldError`, except those that a PIN source throws.
 */

import { PIN_ROUNDS } from "@mshield/gm";

import * as account from "./account.ts";
import { Agreement } from "./clocks.ts";
import { Connection, DEFAULT_RETRY_LIMITS, type RetryLimits, PLATFORM, type Platform } from "./connection.ts";
import * as identity from "./identity.ts";
import { LocalSecrets } from "./local_secrets.ts";
import * as login from "./login.ts";
import * as onePin from "./one_pin.ts";
import { Operation } from "./operation.ts";
import * as own from "./own_account.ts";
import type { PinSource } from "./pin.ts";
import * as policies from "./policies.ts";
import { Repeats } from "./repeats.ts";
import type { Secrets } from "./secrets.ts";
import * as signatures from "./signatures.ts";
import type { Account } from "./state.ts";
import { type Status, statusOf } from "./status.ts";
import { Store } from "./store.ts";
import { type DocumentReader, refuseAll } from "./task_reading.ts";
import * as unlock from "./unlock.ts";
import { ViewStore } from "./view_store.ts";

export interface Options {
  readonly store?: Store;
  /** In the app, those of a worker. */
  readonly secrets?: Secrets;
  /** In the app, that of a worker; without a reader, documents are refused. */
  readonly reader?: DocumentReader;
  readonly patience?: RetryLimits;
  readonly platform?: Platform;
  /** Lower than the default only in tests. */
  readonly pinRounds?: number;
}

export class AccountShield {
  readonly #origin: string;
  readonly #store: Store;
  readonly #secrets: Secrets;
  readonly #reader: DocumentReader;
  readonly #views = new ViewStore();
  readonly #patience: RetryLimits;
  readonly #platform: Platform;
  readonly #agreement: Agreement;
  readonly #pinRounds: number;

  /** `origin` is the service's, as the service addresses itself. */
  constructor(origin: string, options: Options = {}) {
    this.#origin = origin;
    this.#store = options.store ?? new Store();
    this.#secrets = options.secrets ?? new LocalSecrets();
    this.#reader = options.reader ?? refuseAll;
    this.#patience = options.patience ?? DEFAULT_RETRY_LIMITS;
    this.#platform = options.platform ?? PLATFORM;
    this.#agreement = new Agreement(this.#platform.now, this.#platform.steady);
    this.#pinRounds = options.pinRounds ?? PIN_ROUNDS;
  }

  /** Asks the browser for persistent storage; false if the browser may clear it. */
  async persist(): Promise<boolean> {
    return await this.#store.persist();
  }

  async captcha(): Promise<login.Captcha> {
    return await this.#run(login.captcha);
  }

  /** Fetches a captcha for an SMS code without a login, after `captcha_needed`. */
  async smsCodeCaptcha(): Promise<login.Captcha> {
    return await this.#run(login.smsCodeCaptcha);
  }

  async captchaAudio(id: string): Promise<Uint8Array> {
    return await this.#run((operation) => login.captchaAudio(operation, id));
  }

  async requestSmsCode(
    purpose: account.SmsPurpose,
    phone: string | null = null,
    answered: account.AnsweredCaptcha | null = null,
  ): Promise<account.SmsCodeSent> {
    return await this.#run((operation) => account.requestSmsCode(operation, purpose, phone, answered));
  }

  /** Resets a forgotten password (忘记密码) and ends all logins of the account. */
  async resetPassword(form: account.PasswordReset): Promise<void> {
    await this.#run((operation) => account.resetPassword(operation, form));
  }

  async register(form: account.Registration): Promise<account.RegisteredAccount> {
    return await this.#run((operation) => account.register(operation, form));
  }

  /** Returns the policies that users accept before they enter anything. */
  async policies(): Promise<policies.Policies> {
    return await this.#run(policies.policies);
  }

  /** Returns who runs the service. */
  async about(): Promise<policies.About> {
    return await this.#run(policies.about);
  }

  /** Returns the policies that the account has to accept again. */
  async dueConsents(): Promise<readonly policies.PolicyName[]> {
    return await this.#run(policies.dueConsents);
  }

  async agree(consents: policies.Consents): Promise<void> {
    await this.#run((operation) => policies.agree(operation, consents));
  }

  /** Returns what closing the account would end, erase and keep. */
  async closing(): Promise<own.Closing> {
    return await this.#run(own.closing);
  }

  async close(smsCode: string): Promise<void> {
    await this.#run((operation) => own.close(operation, smsCode));
  }

  async closeByPin(pin: PinSource): Promise<void> {
    await this.run((operation) => own.closeByPin(operation, pin));
  }

  async undoClosing(): Promise<void> {
    await this.#run(own.undoClosing);
  }

  /** Exports all data stored about the account, as JSON. */
  async exportData(smsCode: string): Promise<string> {
    return await this.#run((operation) => own.exportData(operation, smsCode));
  }

  /** Returns the questions to the legal representative about shields of this account. */
  async asks(): Promise<readonly own.ShieldAsk[]> {
    return await this.#run(own.asks);
  }

  async ask(kind: own.AskKind, shieldNumber: string, note: string): Promise<void> {
    await this.#run((operation) => own.ask(operation, kind, shieldNumber, note));
  }

  async withdrawAsk(id: string): Promise<void> {
    await this.#run((operation) => own.withdrawAsk(operation, id));
  }

  /**
   * Returns the outside systems whose accounts can log in: by `login` with `source`, or at their own page.
   */
  async accountSources(): Promise<readonly login.AccountSource[]> {
    return await this.#run(login.accountSources);
  }

  async login(form: login.Login): Promise<Account> {
    return await this.#run((operation) => login.login(operation, form));
  }

  /** Starts a login at an outside system and returns the page to open; only this phone can complete it. */
  async beginOutsideLogin(source: string): Promise<login.OutsideLoginBegun> {
    return await this.#run((operation) => login.beginOutsideLogin(operation, source));
  }

  /** Logs in with the `state` and `code` that the page returned. */
  async finishOutsideLogin(state: string, code: string, consents?: policies.Consents): Promise<Account> {
    return await this.#run((operation) => login.finishOutsideLogin(operation, state, code, consents));
  }

  /**
   * Logs in again by this phone's shield. Throws: ProblemError `unlock_closed` with one attempt left. See
   * `unlock.unlock`.
   */
  async unlock(pin: PinSource): Promise<Account> {
    return await this.#run((operation) => unlock.unlock(operation, this.#origin, pin));
  }

  /**
   * Logs in again and also confirms a login at a PC that was claimed and shown; see `onePin.unlockAndLogIn`.
   */
  async unlockAndLogIn(shown: onePin.LoginClaim, pin: PinSource): Promise<onePin.OnePin> {
    return await this.#run((operation) => onePin.unlockAndLogIn(operation, this.#origin, shown, pin));
  }

  /** Logs in again by an SMS code of purpose `unlock`. */
  async unlockBySms(smsCode: string): Promise<Account> {
    return await this.#run((operation) => unlock.unlockBySms(operation, smsCode));
  }

  /** Ends the login, on the service too. */
  async logout(): Promise<void> {
    await this.#run(login.logout);
  }

  /**
   * Ends the login on this phone only and drops scanned requests, without a call. Keys and certificate stay.
   */
  async forget(): Promise<void> {
    await this.#run(login.forget);
  }

  async me(): Promise<account.Me> {
    return await this.#run(account.me);
  }

  /** Returns this phone's signatures, newest first. */
  async signatures(query: signatures.SignatureQuery = {}): Promise<signatures.SignaturePage> {
    return await this.#run((operation) => signatures.signatures(operation, query));
  }

  /** Returns the months of this phone's signatures, in a time zone (IANA). */
  async signedMonths(zone: string): Promise<signatures.SignedMonths> {
    return await this.#run((operation) => signatures.signedMonths(operation, zone));
  }

  /** Returns one signature in full; `sid` as in the list. */
  async signature(sid: string): Promise<signatures.SignatureDetail> {
    return await this.#run((operation) => signatures.signature(operation, sid));
  }

  /**
   * Returns the proofs that the account belongs to a registered person, and its last request to a legal
   * representative.
   */
  async identity(): Promise<identity.Identity> {
    return await this.#run(identity.identity);
  }

  /** Returns the ways to prove that the account belongs to this registration record; changes nothing. */
  async identityWays(record: identity.FilingRecord): Promise<identity.IdentityWays> {
    return await this.#run((operation) => identity.identityWays(operation, record));
  }

  /** Asks the enterprise's legal representative to confirm who the user is. */
  async askLegalPerson(record: identity.FilingRecord): Promise<identity.IdentityRequest> {
    return await this.#run((operation) => identity.askLegalPerson(operation, record));
  }

  /** Notifies the legal representative again, at most every four hours. */
  async remindLegalPerson(): Promise<identity.IdentityRequest> {
    return await this.#run(identity.remindLegalPerson);
  }

  /** Withdraws the waiting request. */
  async withdrawIdentityRequest(): Promise<void> {
    await this.#run(identity.withdrawIdentityRequest);
  }

  /** Requests the consent of the person's shield on another phone, which scans this request's code. */
  async askOwnShield(record: identity.FilingRecord): Promise<identity.ConsentRequest> {
    return await this.#run((operation) => identity.askOwnShield(operation, record));
  }

  /**
   * Has the carrier verify, with the user's consent, that the number is the user's; returns when that takes
   * effect, ms.
   */
  async checkRealName(record: identity.FilingRecord, smsCode: string): Promise<number> {
    return await this.#run((operation) => identity.checkRealName(operation, record, smsCode));
  }

  /** Objects to another account in the user's name ("this isn't me"), by its id in `identity`. */
  async objectToSecondAccount(id: string): Promise<void> {
    await this.#run((operation) => identity.objectToSecondAccount(operation, id));
  }

  /** Stops a change of the phone number begun by customer service ("I didn't ask for it"). */
  async stopPhoneChange(): Promise<void> {
    await this.#run((operation) => identity.stopPhoneChange(operation));
  }

  /** Proves the account by an activation code; returns when that takes effect, ms. */
  async useActivationCode(code: string): Promise<number> {
    return await this.#run((operation) => identity.useActivationCode(operation, code));
  }

  /** Returns the phone's local state, without a call. */
  async status(): Promise<Status> {
    return await this.#run(statusOf);
  }

  /** Runs an operation for a subclass. */
  protected readonly run = <T>(use: (operation: Operation) => Promise<T>): Promise<T> => this.#run(use);

  async #run<T>(use: (operation: Operation) => Promise<T>): Promise<T> {
    const [patience, platform] = [this.#patience, this.#platform];
    return await this.#store.operate(async (vault) => {
      const repeats = new Repeats(vault);
      const connection = new Connection(this.#origin, platform, patience, repeats, this.#agreement);
      const means = { vault, connection, patience, platform, secrets: this.#secrets };
      const reading = { reader: this.#reader, views: this.#views };
      return await use(new Operation({ ...means, ...reading, pinRounds: this.#pinRounds }));
    });
  }
}
