/**
 * The phone's engine: one method per function of the app, each one operation under the lock.
 *
 * State is read at the start of each operation and never kept between two, so several tabs may share it. All errors are
 * `ShieldError`, but for what a PIN source itself throws.
 */

import { PIN_ROUNDS } from "@mshield/gm";

import * as account from "./account.ts";
import * as binding from "./binding.ts";
import { Agreement } from "./clocks.ts";
import { Connection, PATIENCE, type Patience, PLATFORM, type Platform } from "./connection.ts";
import * as enrolment from "./enrolment.ts";
import { PhoneError } from "./errors.ts";
import * as identity from "./identity.ts";
import { LocalSecrets } from "./local_secrets.ts";
import * as login from "./login.ts";
import type { Claim, InboxRequest, IssuedCertificate, Scan } from "./messages.ts";
import { Operation } from "./operation.ts";
import * as own from "./own_account.ts";
import type { PinSource } from "./pin.ts";
import * as pinChange from "./pin_change.ts";
import { requireStrongFor } from "./pin_rules.ts";
import * as policies from "./policies.ts";
import * as renewal from "./renewal.ts";
import { type RenewalPreview, renewalPreview } from "./renewal_preview.ts";
import { currentRenewal, type Renewal, requireNoRenewal, takeOverAny } from "./renewal_state.ts";
import { type DocumentReader, unread } from "./task_reading.ts";
import { Repeats } from "./repeats.ts";
import * as requests from "./requests.ts";
import type { Secrets } from "./secrets.ts";
import * as signatures from "./signatures.ts";
import { type Status, statusOf } from "./status.ts";
import type { Account } from "./state.ts";
import { Store } from "./store.ts";
import * as unlock from "./unlock.ts";
import { ViewStore } from "./view_store.ts";
import { type WaitingReadings, waitingReadings } from "./waiting.ts";

export interface Options {
  readonly store?: Store;
  /** In the app, those of a worker. */
  readonly secrets?: Secrets;
  /** In the app, of a worker; without one documents are refused. */
  readonly reader?: DocumentReader;
  readonly patience?: Patience;
  readonly platform?: Platform;
  /** Below the default for tests only. */
  readonly pinRounds?: number;
}

export class Shield {
  readonly #origin: string;
  readonly #store: Store;
  readonly #secrets: Secrets;
  readonly #reader: DocumentReader;
  readonly #views = new ViewStore();
  readonly #patience: Patience;
  readonly #platform: Platform;
  readonly #agreement: Agreement;
  readonly #pinRounds: number;

  /** `origin` is the service's, as it addresses itself. */
  constructor(origin: string, options: Options = {}) {
    this.#origin = origin;
    this.#store = options.store ?? new Store();
    this.#secrets = options.secrets ?? new LocalSecrets();
    this.#reader = options.reader ?? unread;
    this.#patience = options.patience ?? PATIENCE;
    this.#platform = options.platform ?? PLATFORM;
    this.#agreement = new Agreement(this.#platform.now, this.#platform.steady);
    this.#pinRounds = options.pinRounds ?? PIN_ROUNDS;
  }

  /** Asks the browser to keep the storage; false where it may be cleared. */
  async persist(): Promise<boolean> {
    return await this.#store.persist();
  }

  async captcha(): Promise<login.Captcha> {
    return await this.#run(login.captcha);
  }

  /** A captcha for an SMS code without a login, where `captcha_needed` was said. */
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

  /** Sets a forgotten password anew (忘记密码); all logins of the account end. */
  async resetPassword(given: account.PasswordReset): Promise<void> {
    await this.#run((operation) => account.resetPassword(operation, given));
  }

  async register(given: account.Registration): Promise<account.Registered> {
    return await this.#run((operation) => account.register(operation, given));
  }

  /** What people agree to before they enter anything. */
  async policies(): Promise<policies.Policies> {
    return await this.#run(policies.policies);
  }

  /** Who runs the service. */
  async about(): Promise<policies.About> {
    return await this.#run(policies.about);
  }

  /** What the account has to agree to anew. */
  async dueConsents(): Promise<readonly policies.PolicyName[]> {
    return await this.#run(policies.dueConsents);
  }

  async agree(consents: policies.Consents): Promise<void> {
    await this.#run((operation) => policies.agree(operation, consents));
  }

  /** What closing the account would end, erase and leave. */
  async closing(): Promise<own.Closing> {
    return await this.#run(own.closing);
  }

  async close(smsCode: string): Promise<void> {
    await this.#run((operation) => own.close(operation, smsCode));
  }

  async closeByPin(pin: PinSource): Promise<void> {
    await this.#run((operation) => own.closeByPin(operation, pin));
  }

  async undoClosing(): Promise<void> {
    await this.#run(own.undoClosing);
  }

  /** All that is kept of the account, as JSON. */
  async exportData(smsCode: string): Promise<string> {
    return await this.#run((operation) => own.exportData(operation, smsCode));
  }

  /** What the legal person was asked about shields of this account. */
  async asks(): Promise<readonly own.ShieldAsk[]> {
    return await this.#run(own.asks);
  }

  async ask(kind: own.AskKind, shieldNumber: string, note: string): Promise<void> {
    await this.#run((operation) => own.ask(operation, kind, shieldNumber, note));
  }

  async withdrawAsk(id: string): Promise<void> {
    await this.#run((operation) => own.withdrawAsk(operation, id));
  }

  /** The outside systems whose accounts log in: by `login` with `source`, or at a page of theirs. */
  async accountSources(): Promise<readonly login.AccountSource[]> {
    return await this.#run(login.accountSources);
  }

  async login(given: login.Login): Promise<Account> {
    return await this.#run((operation) => login.login(operation, given));
  }

  /** The page of an outside system to open; only this phone can come back from it. */
  async beginOutsideLogin(source: string): Promise<login.OutsideLoginBegun> {
    return await this.#run((operation) => login.beginOutsideLogin(operation, source));
  }

  /** Logs in with the `state` and `code` that the page sent back. */
  async finishOutsideLogin(state: string, code: string, consents?: policies.Consents): Promise<Account> {
    return await this.#run((operation) => login.finishOutsideLogin(operation, state, code, consents));
  }

  /** Logs in again by this phone's shield; ProblemError `unlock_closed` with one try left. See `unlock.unlock`. */
  async unlock(pin: PinSource): Promise<Account> {
    return await this.#run((operation) => unlock.unlock(operation, this.#origin, pin));
  }

  /** Logs in again by an SMS code of purpose `unlock`. */
  async unlockBySms(smsCode: string): Promise<Account> {
    return await this.#run((operation) => unlock.unlockBySms(operation, smsCode));
  }

  /** Ends the login, on the service too. */
  async logout(): Promise<void> {
    await this.#run(login.logout);
  }

  /** Ends the login on this phone alone, and drops what was scanned; asks nobody. Keys and certificate stay. */
  async forget(): Promise<void> {
    await this.#run(login.forget);
  }

  async me(): Promise<account.Me> {
    return await this.#run(account.me);
  }

  /** What this phone has signed, newest first. */
  async signatures(query: signatures.SignatureQuery = {}): Promise<signatures.SignaturePage> {
    return await this.#run((operation) => signatures.signatures(operation, query));
  }

  /** One of them in full; `sid` as in the list. */
  async signature(sid: string): Promise<signatures.SignatureDetail> {
    return await this.#run((operation) => signatures.signature(operation, sid));
  }

  /** What proves that the account is a filed person's, and its last request to a legal person. */
  async identity(): Promise<identity.Identity> {
    return await this.#run(identity.identity);
  }

  /** How the account can be proven to be this filing record's; changes nothing. */
  async identityWays(record: identity.FilingRecord): Promise<identity.IdentityWays> {
    return await this.#run((operation) => identity.identityWays(operation, record));
  }

  /** Asks the enterprise's legal person to confirm who the user is. */
  async askLegalPerson(record: identity.FilingRecord): Promise<identity.IdentityRequest> {
    return await this.#run((operation) => identity.askLegalPerson(operation, record));
  }

  /** Has them told again, every four hours at most. */
  async remindLegalPerson(): Promise<identity.IdentityRequest> {
    return await this.#run(identity.remindLegalPerson);
  }

  /** Takes the request that waits back. */
  async withdrawIdentityRequest(): Promise<void> {
    await this.#run(identity.withdrawIdentityRequest);
  }

  /** Asks for the consent of the person's shield on another phone, which scans this request's code. */
  async askOwnShield(record: identity.FilingRecord): Promise<identity.ConsentRequest> {
    return await this.#run((operation) => identity.askOwnShield(operation, record));
  }

  /** Has the carrier say that the number is the user's, who agreed to that; from when it counts, ms. */
  async checkRealName(record: identity.FilingRecord, smsCode: string): Promise<number> {
    return await this.#run((operation) => identity.checkRealName(operation, record, smsCode));
  }

  /** This isn't me: stops another account in one's name, by its id in `identity`. */
  async objectToSecondAccount(id: string): Promise<void> {
    await this.#run((operation) => identity.objectToSecondAccount(operation, id));
  }

  /** I didn't ask for it: stops the change of the phone number that customer service has begun. */
  async stopPhoneChange(): Promise<void> {
    await this.#run((operation) => identity.stopPhoneChange(operation));
  }

  /** Proves the account by an activation code; from when that counts, ms. */
  async useActivationCode(code: string): Promise<number> {
    return await this.#run((operation) => identity.useActivationCode(operation, code));
  }

  /** Refuses a new PIN that is too easy to guess (PhoneError `weak_pin`); without an id number, for a change. */
  async checkNewPin(pin: string, idNumber: string | null = null): Promise<void> {
    await this.#run((operation) => requireStrongFor(operation, pin, idNumber));
  }

  /** Applies for a certificate and sets the PIN; see `enrolment.apply` for `again` and `tell`. */
  async apply(
    application: enrolment.Application,
    pin: string,
    again = false,
    tell?: (step: enrolment.ApplicationStep) => void,
  ): Promise<IssuedCertificate> {
    return await this.#run((operation) => enrolment.apply(operation, application, pin, { again, tell }));
  }

  /** Completes an application that was interrupted after its key was made, with the PIN chosen then. */
  async resumeApplication(pin: string): Promise<IssuedCertificate> {
    return await this.#run((operation) => enrolment.resume(operation, pin));
  }

  /** This device's certificate and its state; PhoneError `no_key` where there is none. */
  async certificate(): Promise<IssuedCertificate> {
    return await this.#run(async (operation) => {
      const issued = await enrolment.fetchCertificate(operation);
      if (issued === null) {
        throw new PhoneError("no_key");
      }
      if (!enrolment.awaitsProof(operation, issued)) {
        await takeOverAny(operation, issued);
      }
      return issued;
    });
  }

  /** Renews the certificate (更新证书) with the data of the first application; the PIN stays the same. */
  async renew(application: enrolment.Application, pin: PinSource): Promise<IssuedCertificate> {
    return await this.#run((operation) => renewal.renew(operation, application, pin));
  }

  /** What a renewal would change, before an SMS code is asked for. */
  async renewalPreview(): Promise<RenewalPreview> {
    return await this.#run(renewalPreview);
  }

  /** The renewal under way as the service has it, or null. */
  async renewal(): Promise<Pick<Renewal, "key" | "state"> | null> {
    return await this.#run(currentRenewal);
  }

  /** Goes on with a renewal that stopped; PhoneError `no_renewal` where there is none any more. */
  async resumeRenewal(pin: PinSource): Promise<IssuedCertificate> {
    return await this.#run((operation) => renewal.resumeRenewal(operation, pin));
  }

  /** Gives the renewal under way up; the certificate in force goes on. */
  async giveUpRenewal(): Promise<void> {
    await this.#run(renewal.giveUpRenewal);
  }

  /** Binds the certificate to the account (绑定证书), for one business system or (null) for all of them. */
  async bind(pin: PinSource, clientId: string | null = null): Promise<binding.Bound> {
    return await this.#run((operation) => binding.bind(operation, pin, clientId));
  }

  /** Ends a binding; `sid` as in `me().bindings`. */
  async unbind(sid: string): Promise<void> {
    await this.#run((operation) => binding.unbind(operation, sid));
  }

  /** Has the service judge the PIN, which counts as an attempt, and signs nothing of others. */
  async confirmPin(pin: PinSource): Promise<void> {
    await this.#run((operation) => pinChange.confirm(operation, "key", pin));
  }

  /** Changes the PIN (修改 PIN 码); where the outcome is unknown call it again with the same PINs. */
  async changePin(old: PinSource, changed: string): Promise<pinChange.PinChanged> {
    return await this.#run(async (operation) => {
      await requireNoRenewal(operation);
      await requireStrongFor(operation, changed, null);
      return await pinChange.changePin(operation, old, changed);
    });
  }

  /** Takes the request behind a QR code's text; it is kept until it is approved or declined. */
  async scan(code: string, typedMs?: number): Promise<Scan> {
    return await this.#run((operation) => requests.scan(operation, code, typedMs));
  }

  /** Keeps a code that is read before login; its `claim` is scanned afterwards. */
  async claim(code: string, typedMs?: number): Promise<Claim> {
    return await this.#run((operation) => requests.claim(operation, code, typedMs));
  }

  async inbox(): Promise<readonly InboxRequest[]> {
    return await this.#run(requests.inbox);
  }

  /** What a request in the inbox comes to; it isn't taken. */
  async waitingReadings(request: Pick<InboxRequest, "requestId" | "requester">): Promise<WaitingReadings> {
    return await this.#run((operation) => waitingReadings(operation, request));
  }

  /** Takes a request from the inbox; it is kept until it is approved or declined. */
  async take(requestId: string): Promise<Scan> {
    return await this.#run((operation) => requests.take(operation, requestId));
  }

  /** Takes several of one system, which are answered together under one PIN. */
  async takeTogether(requestIds: readonly string[]): Promise<Scan> {
    return await this.#run((operation) => requests.takeTogether(operation, requestIds));
  }

  /**
   * Logs in or signs, for the scanned request. `pin` is the PIN, or is called for it once the service has opened the
   * session: only then is it known which PIN and how many attempts are left. Where the outcome is unknown call it again.
   * `choices` say what the person confirmed besides, and which documents they leave out.
   */
  async approve(pin: PinSource, requestId?: string, choices?: requests.Choices): Promise<requests.Approved> {
    return await this.#run((operation) =>
      requests.approve(operation, requests.scannedRequest(operation, requestId), pin, choices),
    );
  }

  /** Prolongs the scanned signature, once, by what its contents take to read. */
  async prolong(requestId?: string): Promise<Scan> {
    return await this.#run((operation) =>
      requests.prolong(operation, requests.scannedRequest(operation, requestId)),
    );
  }

  /** Gives the address that leads back to the app that asked, where one did. */
  async decline(reason: requests.DeclineReason = "declined", requestId?: string): Promise<string | null> {
    return await this.#run((operation) =>
      requests.decline(operation, requests.scannedRequest(operation, requestId), reason),
    );
  }

  /** The same address for a request that ended otherwise, as one whose time was over; null where no app asked. */
  async wayBack(scanned: Pick<Scan, "requestId" | "returnUrl">): Promise<string | null> {
    return await this.#run((operation) => requests.wayBack(operation, scanned));
  }

  /** Forgets a kept request that ended without this phone: expired, cancelled, or answered elsewhere. */
  async forgetRequest(requestId: string): Promise<void> {
    await this.#run((operation) => requests.forget(operation, requestId));
  }

  /** What the phone itself knows; asks nobody. */
  async status(): Promise<Status> {
    return await this.#run(statusOf);
  }

  /** An operation of one of those built on this. */
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
