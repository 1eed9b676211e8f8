/** The phone's engine for the web app, without screens or framework. */

export { version as VERSION } from "../package.json";
export { PROTOCOL } from "@mshield/gm";

export type {
  AnsweredCaptcha,
  Binding,
  IdType,
  Me,
  PasswordReset,
  RegisteredAccount,
  Registration,
  SmsCodeSent,
  SmsPurpose,
} from "./account.ts";
export type { SignedBinding } from "./binding.ts";
export { type CertificateFields, readPem } from "./certificate.ts";
export { type CertificateFacts, type KeyUse, readFacts } from "./certificate_facts.ts";
export { DEFAULT_RETRY_LIMITS, type RetryLimits, PLATFORM, type Platform } from "./connection.ts";
export type { Device, DeviceList, PcLogin } from "./devices.ts";
export { contentDigest, type SignedTask } from "./documents.ts";
export type { Application, ApplicationStep } from "./enrolment.ts";
export { ClockError, NetworkError, PhoneError, ProblemError, ProtocolError, ShieldError } from "./errors.ts";
export type {
  ConsentRequest,
  FilingRecord,
  Identity,
  IdentityProof,
  IdentityRequest,
  IdentityWay,
  IdentityWays,
  PhoneChange,
  SecondAccount,
} from "./identity.ts";
export type { AccountSource, Captcha, Login, OutsideLoginBegun } from "./login.ts";
export type {
  CertificateChange,
  Claim,
  ClaimedLogin,
  InboxRequest,
  IssuedCertificate,
  Line,
  Part,
  Requester,
  Scan,
  Task,
  TaskView,
  NewProperty,
} from "./messages.ts";
export type { OnePin, LoginClaim } from "./one_pin.ts";
export type { AskKind, Closing, DataPart, ShieldAsk } from "./own_account.ts";
export { shownContent } from "./pdf_document.ts";
export type { PinPrompt, PinSource } from "./pin.ts";
export type { PinChanged } from "./pin_change.ts";
export { MAX_FAILURES } from "./pin_tries.ts";
export {
  type About,
  type Consents,
  type Policies,
  type PolicyDocument,
  type PolicyName,
  type PolicyText,
} from "./policies.ts";
export type { Push, PushAddress, PushKinds } from "./push.ts";
export { orderOf } from "./readings.ts";
export type { DocumentReader, KeyLines, TaskReading } from "./task_reading.ts";
export { type OwnDocument, type OwnSignature, earlierSignature } from "./own_signature.ts";
export { OwnerShield } from "./owner_shield.ts";
export { RemoteSecrets } from "./remote_secrets.ts";
export { MOST_DOCUMENTS, partsOf } from "./parts.ts";
export type { Approval, Choices, DeclineReason, DocumentEnd, SignedDocument } from "./requests.ts";
export type { EnrolResult, EnrolOrder, Secrets, SecretSession, SessionOrder } from "./secrets.ts";
export type { RenewalData, RenewalPreview } from "./renewal_preview.ts";
export type { Renewal } from "./renewal_state.ts";
export type { Options } from "./account_shield.ts";
export { Shield } from "./shield.ts";
export type {
  DrawnFacts,
  SignatureDetail,
  SignaturePage,
  SignatureQuery,
  SignatureRecord,
  SignedMonth,
  SignedMonths,
  Sum,
} from "./signatures.ts";
export type { Account } from "./state.ts";
export type { Status } from "./status.ts";
export { Store } from "./store.ts";
export { TEXTS } from "./texts.ts";
export type { WaitingReadings } from "./waiting.ts";
