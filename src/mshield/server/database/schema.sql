-- The schema after all migrations, as SQLite tells it; written by `make schema`, never by hand, and never run.
-- PostgreSQL has the same tables, columns, keys and indexes; it keeps signing_sessions UNLOGGED.

CREATE TABLE secrets (
  name TEXT PRIMARY KEY,
  box BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  phone TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  name TEXT NOT NULL,
  id_type TEXT NOT NULL,
  id_number_hash BYTEA NOT NULL,
  id_number_box BYTEA NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  -- 'local' for accounts registered here, else the outside system, which knows the account as external_id.
  source TEXT NOT NULL DEFAULT 'local',
  external_id TEXT,
  -- Number of certificates ever reserved: guards a reservation that counted the account's devices.
  reservations BIGINT NOT NULL DEFAULT 0,
  -- Set by customer service, with the newest reason; earlier ones are in the acts.
  disabled_at BIGINT,
  disabled_reason TEXT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA,
  -- Keyed hash of the id number's last four characters, for search.
  id_number_end BYTEA
);

CREATE UNIQUE INDEX accounts_external ON accounts (source, external_id);

CREATE INDEX accounts_id_number ON accounts (id_number_hash);

CREATE INDEX accounts_phone_end ON accounts (substr(phone, length(phone) - 3));

CREATE INDEX accounts_id_number_end ON accounts (id_number_end, id);

CREATE INDEX accounts_surname ON accounts (substr(name, 1, 1), id);

CREATE INDEX accounts_name ON accounts (substr(name, 1, 2), id);

CREATE INDEX accounts_given_name ON accounts (substr(name, 2, 2), id);

CREATE TABLE devices (
  id TEXT PRIMARY KEY,
  jkt TEXT NOT NULL UNIQUE,
  public_key BYTEA NOT NULL,
  account_id TEXT REFERENCES accounts (id),
  shield_number TEXT UNIQUE,
  created_at BIGINT NOT NULL
);

CREATE TABLE device_uses (
  device_id TEXT PRIMARY KEY REFERENCES devices (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  name TEXT,
  browser TEXT,
  address TEXT,
  logged_in_at BIGINT NOT NULL,
  model TEXT
);

CREATE INDEX device_uses_account ON device_uses (account_id);

CREATE TABLE phone_sessions (
  token_hash BYTEA PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  device_id TEXT NOT NULL REFERENCES devices (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  -- Origin of the login, so that its owner can recognise a stranger's.
  address TEXT,
  browser TEXT,
  mark BYTEA
);

CREATE INDEX phone_sessions_account ON phone_sessions (account_id);

CREATE INDEX phone_sessions_device ON phone_sessions (device_id) WHERE ended_at IS NULL;

CREATE TABLE sms_codes (
  id TEXT PRIMARY KEY,
  phone TEXT NOT NULL,
  purpose TEXT NOT NULL,
  code_hash BYTEA NOT NULL,
  tries INTEGER NOT NULL,
  sent_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);

CREATE INDEX sms_codes_phone ON sms_codes (phone, sent_at);

CREATE TABLE captcha_uses (
  captcha_hash BYTEA PRIMARY KEY,
  expires_at BIGINT NOT NULL
);

CREATE TABLE throttles (
  scope TEXT NOT NULL,
  subject TEXT NOT NULL,
  failures INTEGER NOT NULL,
  window_start BIGINT NOT NULL,
  blocked_until BIGINT NOT NULL,
  PRIMARY KEY (scope, subject)
);

CREATE TABLE policy_consents (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  policy TEXT NOT NULL,
  version TEXT NOT NULL,
  digest BYTEA NOT NULL,
  place TEXT NOT NULL,
  agreed_at BIGINT NOT NULL,
  withdrawn_at BIGINT
);

CREATE INDEX policy_consents_account ON policy_consents (account_id, agreed_at);

CREATE TABLE closings (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  asked_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  ended_at BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE UNIQUE INDEX closings_waiting ON closings (account_id) WHERE state = 'waiting';

CREATE INDEX closings_due ON closings (due_at) WHERE state = 'waiting';

CREATE TABLE idempotency (
  call TEXT PRIMARY KEY,
  request_hash BYTEA NOT NULL,
  holder TEXT NOT NULL,
  held_until BIGINT NOT NULL,
  status INTEGER,
  answer_box BYTEA,
  created_at BIGINT NOT NULL
);

CREATE INDEX idempotency_created ON idempotency (created_at);

CREATE TABLE dpop_proofs (
  proof_hash BYTEA PRIMARY KEY,
  expires_at BIGINT NOT NULL
);

CREATE INDEX dpop_proofs_ends ON dpop_proofs (expires_at);

CREATE TABLE enterprises (
  credit_code TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA,
  -- The version whose name is in enterprise_words; the job `search` updates it.
  searched_version BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX enterprises_unsearched ON enterprises (credit_code) WHERE searched_version < version;

CREATE TABLE enterprise_words (
  word TEXT NOT NULL,
  credit_code TEXT NOT NULL REFERENCES enterprises (credit_code),
  PRIMARY KEY (word, credit_code)
);

CREATE TABLE filed_persons (
  id TEXT PRIMARY KEY,
  credit_code TEXT NOT NULL REFERENCES enterprises (credit_code),
  name TEXT NOT NULL,
  id_type TEXT NOT NULL,
  id_number_hash BYTEA NOT NULL,
  id_number_box BYTEA NOT NULL,
  role TEXT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  -- Null while the person is on file.
  ended_at BIGINT,
  -- Time of the last query to an outside filing system about the record; 0 for never.
  asked_at BIGINT NOT NULL DEFAULT 0,
  -- Phone number on file (备案手机号); null if there is none. Several people may have the same one.
  phone TEXT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA,
  -- Keyed hash of the id number's last four characters, for search.
  id_number_end BYTEA,
  UNIQUE (credit_code, role, id_number_hash)
);

CREATE INDEX filed_persons_id_number ON filed_persons (id_number_hash);

CREATE INDEX filed_persons_enterprise ON filed_persons (credit_code, id);

CREATE INDEX filed_persons_asked ON filed_persons (asked_at);

CREATE INDEX filed_persons_id_number_end ON filed_persons (id_number_end);

CREATE INDEX filed_persons_surname ON filed_persons (substr(name, 1, 1), id);

CREATE INDEX filed_persons_name ON filed_persons (substr(name, 1, 2), id);

CREATE INDEX filed_persons_given_name ON filed_persons (substr(name, 2, 2), id);

CREATE INDEX filed_persons_phone_end ON filed_persons (substr(phone, length(phone) - 3), id);

CREATE TABLE authorities (
  name TEXT PRIMARY KEY,
  certificate BYTEA NOT NULL,
  key_box BYTEA NOT NULL,
  crl_number BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT,
  revocation_reason BIGINT
);

CREATE TABLE authority_requests (
  name TEXT PRIMARY KEY,
  request BYTEA NOT NULL,
  key_box BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE cross_certificates (
  sha256 BYTEA PRIMARY KEY,
  authority TEXT NOT NULL REFERENCES authorities (name),
  certificate BYTEA NOT NULL,
  root BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE crls (
  authority TEXT NOT NULL REFERENCES authorities (name),
  number BIGINT NOT NULL,
  der BYTEA NOT NULL,
  basis TEXT NOT NULL,
  this_update BIGINT NOT NULL,
  next_update BIGINT NOT NULL,
  PRIMARY KEY (authority, number)
);

CREATE TABLE crl_shards (
  authority TEXT NOT NULL REFERENCES authorities (name),
  shard BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  number BIGINT NOT NULL DEFAULT 0,
  der BYTEA,
  this_update BIGINT NOT NULL DEFAULT 0,
  next_update BIGINT NOT NULL DEFAULT 0,
  renew_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (authority, shard)
);

CREATE INDEX crl_shards_due ON crl_shards (renew_at);

CREATE TABLE crl_changes (
  serial TEXT PRIMARY KEY,
  issuer TEXT NOT NULL,
  changes BIGINT NOT NULL
);

CREATE TABLE keys (
  uid BYTEA PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  device_id TEXT NOT NULL REFERENCES devices (id),
  person_id TEXT NOT NULL REFERENCES filed_persons (id),
  filing_version BIGINT NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL,
  enrol_sid BYTEA NOT NULL UNIQUE,
  public_key BYTEA,
  epoch BIGINT NOT NULL,
  share_box BYTEA,
  pending_epoch BIGINT,
  pending_box BYTEA,
  last_epoch BIGINT NOT NULL,
  failures INTEGER NOT NULL,
  wrong_total INTEGER NOT NULL,
  otp_hash BYTEA NOT NULL,
  otp_prev_hash BYTEA,
  rn_prev_hash BYTEA,
  outcome_fb BYTEA,
  outcome_box BYTEA,
  outcome_at BIGINT,
  opens_window BIGINT NOT NULL,
  opens INTEGER NOT NULL,
  generation BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT
, certificate TEXT REFERENCES certificates (serial), pending_changes_pin BOOLEAN NOT NULL DEFAULT FALSE, since_refresh INTEGER NOT NULL DEFAULT 0, otp_open INTEGER NOT NULL DEFAULT 0, otp_prev_spent BOOLEAN NOT NULL DEFAULT FALSE, challenge_hash BYTEA, seal_version BIGINT NOT NULL DEFAULT 0, seal BYTEA, mark BYTEA);

CREATE INDEX keys_device ON keys (device_id);

CREATE TABLE signing_sessions (
  uid BYTEA PRIMARY KEY,
  epoch BIGINT NOT NULL,
  otp_hash BYTEA NOT NULL,
  rn_hash BYTEA NOT NULL,
  next_epoch BIGINT,
  items BYTEA NOT NULL,
  k2_box BYTEA NOT NULL,
  fb BYTEA,
  bound_at BIGINT,
  expires_at BIGINT NOT NULL
);

CREATE TABLE attempts_under_way (
  uid BYTEA PRIMARY KEY,
  epoch BIGINT NOT NULL,
  otp_hash BYTEA NOT NULL,
  rn_hash BYTEA NOT NULL,
  next_epoch BIGINT,
  items BYTEA NOT NULL,
  k2_box BYTEA NOT NULL,
  fb BYTEA NOT NULL,
  bound_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE TABLE values_that_succeeded (
  shown BYTEA PRIMARY KEY,
  at BIGINT NOT NULL
);

CREATE INDEX values_that_succeeded_at ON values_that_succeeded (at);

CREATE TABLE certificates (
  serial TEXT PRIMARY KEY,
  uid BYTEA NOT NULL REFERENCES keys (uid),
  request_sid BYTEA NOT NULL UNIQUE,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  device_id TEXT NOT NULL REFERENCES devices (id),
  person_id TEXT NOT NULL REFERENCES filed_persons (id),
  filing_version BIGINT NOT NULL,
  shield_number TEXT NOT NULL,
  organisation TEXT NOT NULL,
  credit_code TEXT NOT NULL,
  role TEXT NOT NULL,
  common_name TEXT NOT NULL,
  der BYTEA,
  state TEXT NOT NULL,
  holds TEXT NOT NULL,
  not_before BIGINT NOT NULL,
  not_after BIGINT NOT NULL,
  issued_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  revoked_at BIGINT,
  revocation_reason INTEGER,
  -- Name of the issuing CA.
  issuer TEXT NOT NULL DEFAULT 'issuing',
  -- Start of the uninterrupted hold, as stated by lists and OCSP.
  held_since BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE INDEX certificates_device ON certificates (device_id);

CREATE INDEX certificates_account ON certificates (account_id);

CREATE INDEX certificates_uid ON certificates (uid);

CREATE INDEX certificates_shield ON certificates (credit_code, shield_number, issued_at, serial);

CREATE INDEX certificates_enterprise ON certificates (credit_code, issued_at, serial);

CREATE INDEX certificates_person ON certificates (person_id);

CREATE INDEX certificates_newest ON certificates (issued_at, serial);

CREATE INDEX certificates_off ON certificates
  (issuer, not_after, changed_at, issued_at, serial, state, holds, revoked_at, revocation_reason, held_since)
  WHERE (state IN ('revoked', 'superseded') OR holds <> '') AND der IS NOT NULL;

CREATE INDEX certificates_shield_end ON certificates (substr(shield_number, 10), issued_at, serial);

CREATE INDEX certificates_surname ON certificates (substr(common_name, 1, 1), issued_at, serial);

CREATE INDEX certificates_name ON certificates (substr(common_name, 1, 2), issued_at, serial);

CREATE INDEX certificates_given_name ON certificates (substr(common_name, 2, 2), issued_at, serial);

CREATE INDEX certificates_state ON certificates (state, issued_at, serial);

CREATE INDEX certificates_held ON certificates (issued_at, serial, holds) WHERE holds <> '';

CREATE INDEX certificates_ends ON certificates (not_after, serial, state, holds)
  WHERE state <> 'revoked' AND state <> 'superseded';

CREATE INDEX certificates_enterprise_account ON certificates (credit_code, account_id);

CREATE TABLE ca_submissions (
  handle TEXT PRIMARY KEY REFERENCES certificates (serial),
  key BYTEA NOT NULL UNIQUE,
  ca TEXT NOT NULL,
  p10 BYTEA NOT NULL,
  state TEXT NOT NULL,
  answer BYTEA,
  chain BYTEA,
  issuer_serial BYTEA UNIQUE,
  ca_serial TEXT,
  code TEXT NOT NULL DEFAULT '',
  words TEXT NOT NULL DEFAULT '',
  reference TEXT NOT NULL DEFAULT '',
  transaction_box BYTEA,
  tries INTEGER NOT NULL DEFAULT 0,
  next_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE INDEX ca_submissions_due ON ca_submissions (next_at)
  WHERE state IN ('asked', 'waiting', 'answered', 'accepting', 'bad', 'cancelling', 'revoking');

CREATE INDEX ca_submissions_ca ON ca_submissions (ca, state, created_at);

CREATE TABLE certificate_events (
  id TEXT PRIMARY KEY,
  serial TEXT NOT NULL REFERENCES certificates (serial),
  event TEXT NOT NULL,
  actor TEXT NOT NULL,
  actor_id TEXT,
  reason TEXT NOT NULL,
  state TEXT NOT NULL,
  holds TEXT NOT NULL,
  at BIGINT NOT NULL,
  notified_at BIGINT,
  log_index BIGINT,
  revocation_reason INTEGER
);

CREATE INDEX certificate_events_serial ON certificate_events (serial);

CREATE INDEX certificate_events_ended ON certificate_events (serial) WHERE state IN ('revoked', 'superseded');

CREATE INDEX certificate_events_unnotified ON certificate_events (at) WHERE notified_at IS NULL;

CREATE INDEX certificate_events_unlogged ON certificate_events (id) WHERE log_index IS NULL;

CREATE UNIQUE INDEX certificate_events_logged ON certificate_events (log_index) WHERE log_index IS NOT NULL;

CREATE TABLE certificate_counts (
  kind TEXT NOT NULL,
  ends_on BIGINT NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (kind, ends_on)
);

CREATE TABLE certificate_counts_place (
  id INTEGER PRIMARY KEY,
  place BIGINT NOT NULL,
  whole BOOLEAN NOT NULL
);

CREATE TABLE renewals (
  sid BYTEA PRIMARY KEY,
  uid BYTEA NOT NULL REFERENCES keys (uid),
  old_serial TEXT NOT NULL REFERENCES certificates (serial),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  device_id TEXT NOT NULL REFERENCES devices (id),
  person_id TEXT NOT NULL REFERENCES filed_persons (id),
  filing_version BIGINT NOT NULL,
  subject TEXT NOT NULL,
  consent_sid BYTEA UNIQUE,
  confirm_sid BYTEA UNIQUE,
  ca TEXT NOT NULL DEFAULT 'local',
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  begun_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE UNIQUE INDEX renewals_open ON renewals (device_id) WHERE state IN ('begun', 'issued');

CREATE INDEX renewals_uid ON renewals (uid);

CREATE TABLE unlocks (
  token_hash BYTEA PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  device_id TEXT NOT NULL REFERENCES devices (id),
  uid BYTEA NOT NULL,
  sid BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  mark BYTEA NOT NULL,
  -- The login at a PC that may be signed under the same PIN (docs/adr/0125-one-pin.md), with a mark of its own.
  login_sid BYTEA,
  login_mark BYTEA
);

CREATE INDEX unlocks_by_device ON unlocks (device_id);

CREATE TABLE business_systems (
  client_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  domain TEXT NOT NULL,
  secret_hash BYTEA NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  -- JSON list of addresses, compared character by character (R13).
  return_urls TEXT NOT NULL DEFAULT '[]',
  previous_hash BYTEA,
  previous_until BIGINT NOT NULL DEFAULT 0,
  -- When the present secret was made; 0: together with the system.
  secret_at BIGINT NOT NULL DEFAULT 0,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE TABLE requests (
  id TEXT PRIMARY KEY,
  client_id TEXT NOT NULL REFERENCES business_systems (client_id),
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  number TEXT NOT NULL,
  pc_address TEXT,
  pc_browser TEXT,
  uid BYTEA,
  idempotency_key TEXT,
  body_hash BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  -- How the request reaches the phone: 'qr', or from another app on the same phone.
  channel TEXT NOT NULL DEFAULT 'qr',
  -- The shield that the request is addressed to (待办); null if any phone may scan it.
  shield_number TEXT,
  -- Whether the request's end has still to be sent to webhooks. Set when the request is made; no signing statement
  -- changes it.
  to_tell BOOLEAN NOT NULL DEFAULT FALSE,
  -- Registered address of the app that the phone returns to (R13).
  return_url TEXT,
  -- JSON with which an OpenID Connect client recognises its login.
  oidc TEXT,
  asker_name TEXT NOT NULL DEFAULT '',
  asker_domain TEXT NOT NULL DEFAULT '',
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA,
  -- When the user prolonged the request, at most once.
  prolonged_at BIGINT,
  -- First late fetch of the result, from which the content's retention period starts again.
  fetched_at BIGINT,
  -- Mark over what the phone displays of the request; erased with it.
  mark BYTEA
);

CREATE INDEX requests_to_tell ON requests (expires_at) WHERE to_tell;

CREATE UNIQUE INDEX requests_idempotency ON requests (client_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE INDEX requests_inbox ON requests (shield_number, expires_at) WHERE shield_number IS NOT NULL;

CREATE TABLE tasks (
  sid BYTEA PRIMARY KEY,
  request_id TEXT REFERENCES requests (id),
  position INTEGER NOT NULL,
  uid BYTEA,
  purpose TEXT NOT NULL,
  state TEXT NOT NULL,
  message BYTEA NOT NULL,
  media_type TEXT NOT NULL,
  title TEXT NOT NULL,
  display TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  -- What is signed: the content ('raw'), or signed attributes in a CMS ('cms', 'cms_detached').
  format TEXT NOT NULL DEFAULT 'raw',
  -- Null if it is the message itself, or if only its digest was sent by the business system.
  content BYTEA,
  -- Bytes; null if the content is stored here.
  size BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA,
  -- Reason for excluding the document from a batch (state 'declined'); the act beside it is logged.
  reason TEXT,
  -- Update of a PDF that will contain its signature, made when a phone accepts the request: appended to the content it
  -- is the file that is signed.
  prepared BYTEA,
  -- When the content was erased, and its SM3 if the content was the message.
  erased_at BIGINT,
  erased_digest BYTEA,
  -- Lines rendered by the view from the content, as the bytes whose SM3 is in the display; they are kept longer than
  -- the content.
  drawing BYTEA
);

CREATE INDEX tasks_request ON tasks (request_id);

CREATE INDEX tasks_internal ON tasks (expires_at) WHERE request_id IS NULL;

CREATE TABLE signatures (
  sid BYTEA PRIMARY KEY REFERENCES tasks (sid),
  uid BYTEA NOT NULL,
  request_id TEXT,
  purpose TEXT NOT NULL,
  digest BYTEA NOT NULL,
  signature BYTEA NOT NULL,
  signed_at BIGINT NOT NULL,
  -- The certificate under which it was made.
  serial TEXT REFERENCES certificates (serial),
  log_index BIGINT,
  -- keys.seal_version after the signature.
  key_version BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA,
  -- Digest of what the phone displayed, and what the user confirmed in addition (docs/protocol.md, "What was shown").
  -- Null for documents that no business system requested.
  shown BYTEA,
  confirmed TEXT,
  -- The shield that signed, as evidence states it; and the displayed pages, if not all were displayed.
  shield_number TEXT,
  id_number_masked TEXT,
  pages TEXT
);

CREATE INDEX signatures_uid ON signatures (uid, signed_at);

CREATE INDEX signatures_unlogged ON signatures (signed_at, sid) WHERE log_index IS NULL;

CREATE UNIQUE INDEX signatures_logged ON signatures (log_index) WHERE log_index IS NOT NULL;

CREATE TABLE bindings (
  sid BYTEA PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  device_id TEXT NOT NULL REFERENCES devices (id),
  shield_number TEXT NOT NULL,
  serial TEXT NOT NULL REFERENCES certificates (serial),
  certificate TEXT NOT NULL REFERENCES certificates (serial),
  client_id TEXT REFERENCES business_systems (client_id),
  asked_at BIGINT NOT NULL,
  bound_at BIGINT,
  ended_at BIGINT
);

CREATE INDEX bindings_certificate ON bindings (certificate);

CREATE TABLE used_requests (
  request_id TEXT PRIMARY KEY,
  used_at BIGINT NOT NULL
);

CREATE TABLE webhook_endpoints (
  id TEXT PRIMARY KEY,
  client_id TEXT NOT NULL REFERENCES business_systems (client_id),
  url TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  secret_box BYTEA,
  previous_box BYTEA,
  previous_until BIGINT,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE INDEX webhook_endpoints_system ON webhook_endpoints (client_id);

CREATE TABLE webhook_deliveries (
  id TEXT PRIMARY KEY,
  endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id),
  request_id TEXT NOT NULL,
  event TEXT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_at BIGINT NOT NULL,
  status INTEGER,
  error TEXT,
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  mark BYTEA
);

CREATE UNIQUE INDEX webhook_deliveries_once ON webhook_deliveries (endpoint_id, request_id);

CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (next_at) WHERE state = 'waiting';

CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL;

CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (endpoint_id) WHERE state = 'dead';

CREATE TABLE time_stamps (
  id TEXT PRIMARY KEY,
  sid BYTEA NOT NULL REFERENCES signatures (sid),
  place TEXT NOT NULL,
  renews TEXT REFERENCES time_stamps (id),
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_at BIGINT NOT NULL,
  asked_at BIGINT NOT NULL,
  error TEXT,
  token BYTEA,
  profile TEXT,
  stamped_at BIGINT,
  good_until BIGINT
);

CREATE INDEX time_stamps_sid ON time_stamps (sid);

CREATE UNIQUE INDEX time_stamps_renewed ON time_stamps (renews) WHERE renews IS NOT NULL;

CREATE INDEX time_stamps_waiting ON time_stamps (next_at) WHERE state = 'pending';

CREATE INDEX time_stamps_ends ON time_stamps (good_until) WHERE state = 'done';

CREATE TABLE time_stamp_places (
  place TEXT PRIMARY KEY,
  log_index BIGINT NOT NULL
);

CREATE TABLE oidc_clients (
  client_id TEXT PRIMARY KEY REFERENCES business_systems (client_id),
  redirect_uris TEXT NOT NULL,
  logout_uris TEXT NOT NULL,
  auth_method TEXT NOT NULL,
  jwks TEXT,
  par_required INTEGER NOT NULL,
  changed_at BIGINT NOT NULL,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE TABLE oidc_keys (
  kid TEXT PRIMARY KEY,
  number BIGINT NOT NULL UNIQUE,
  key_box BYTEA NOT NULL,
  signs_from BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE oidc_authorizations (
  id TEXT PRIMARY KEY,
  client_id TEXT NOT NULL REFERENCES business_systems (client_id),
  state TEXT NOT NULL,
  parameters TEXT NOT NULL,
  handle_hash BYTEA UNIQUE,
  browser_hash BYTEA,
  request_id TEXT REFERENCES requests (id),
  code_hash BYTEA UNIQUE,
  token_hash BYTEA UNIQUE,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  -- Time after its signature in which a login still gets a code: two minutes, or less if the client requested less.
  fresh_ms BIGINT NOT NULL DEFAULT 120000,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE INDEX oidc_authorizations_created ON oidc_authorizations (created_at);

CREATE INDEX oidc_authorizations_request ON oidc_authorizations (request_id);

CREATE TABLE oidc_assertions (
  assertion_hash BYTEA PRIMARY KEY,
  expires_at BIGINT NOT NULL
);

CREATE TABLE staff (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  roles TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  password_hash TEXT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE TABLE staff_factors (
  id TEXT PRIMARY KEY,
  staff_id TEXT NOT NULL REFERENCES staff (id),
  kind TEXT NOT NULL,
  label TEXT NOT NULL,
  secret_box BYTEA,
  used_step BIGINT NOT NULL,
  credential_id BYTEA UNIQUE,
  public_key BYTEA,
  sign_count BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE INDEX staff_factors_staff ON staff_factors (staff_id);

CREATE TABLE staff_set_ups (
  code_hash BYTEA PRIMARY KEY,
  staff_id TEXT NOT NULL REFERENCES staff (id),
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE INDEX staff_set_ups_staff ON staff_set_ups (staff_id);

CREATE TABLE staff_ceremonies (
  token_hash BYTEA PRIMARY KEY,
  staff_id TEXT NOT NULL REFERENCES staff (id),
  purpose TEXT NOT NULL,
  secret_box BYTEA,
  challenge BYTEA NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE INDEX staff_ceremonies_staff ON staff_ceremonies (staff_id);

CREATE TABLE staff_sessions (
  id TEXT PRIMARY KEY,
  token_hash BYTEA NOT NULL UNIQUE,
  staff_id TEXT NOT NULL REFERENCES staff (id),
  address TEXT NOT NULL,
  browser TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA,
  confirmed_at BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX staff_sessions_staff ON staff_sessions (staff_id);

CREATE TABLE staff_tokens (
  id TEXT PRIMARY KEY,
  staff_id TEXT NOT NULL REFERENCES staff (id),
  name TEXT NOT NULL,
  roles TEXT NOT NULL,
  scopes TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  ended_at BIGINT,
  next_id TEXT REFERENCES staff_tokens (id),
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE INDEX staff_tokens_staff ON staff_tokens (staff_id);

CREATE TABLE approvals (
  id TEXT PRIMARY KEY,
  act TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT NOT NULL,
  reason TEXT NOT NULL,
  asked_by TEXT REFERENCES staff (id),
  asked_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  decided_by TEXT REFERENCES staff (id),
  decided_at BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA,
  sealed_box BYTEA,
  -- Displayed to the requester.
  refused_reason TEXT
);

CREATE UNIQUE INDEX approvals_waiting ON approvals (act, subject) WHERE state = 'waiting';

CREATE INDEX approvals_state ON approvals (state, id);

CREATE INDEX approvals_about ON approvals (act, subject, id);

CREATE TABLE filing_proposals (
  id TEXT PRIMARY KEY,
  approval_id TEXT NOT NULL REFERENCES approvals (id),
  line BIGINT NOT NULL,
  record_hash BYTEA NOT NULL,
  record_box BYTEA NOT NULL,
  before_hash BYTEA NOT NULL,
  state TEXT NOT NULL,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE UNIQUE INDEX filing_proposals_approval ON filing_proposals (approval_id, line);

CREATE INDEX filing_proposals_record ON filing_proposals (record_hash);

CREATE TABLE phone_changes (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  approval_id TEXT UNIQUE REFERENCES approvals (id),
  old_phone TEXT NOT NULL,
  new_phone TEXT NOT NULL,
  details TEXT NOT NULL,
  approved_at BIGINT NOT NULL,
  effective_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  ended_at BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE UNIQUE INDEX phone_changes_waiting ON phone_changes (account_id) WHERE state = 'waiting';

CREATE INDEX phone_changes_due ON phone_changes (effective_at) WHERE state = 'waiting';

CREATE TABLE filed_phone_changes (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES filed_persons (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  approval_id TEXT REFERENCES approvals (id),
  old_phone TEXT NOT NULL,
  new_phone TEXT NOT NULL,
  details TEXT NOT NULL,
  approved_at BIGINT NOT NULL,
  effective_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  ended_at BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE UNIQUE INDEX filed_phone_changes_waiting ON filed_phone_changes (person_id) WHERE state = 'waiting';

CREATE INDEX filed_phone_changes_due ON filed_phone_changes (effective_at) WHERE state = 'waiting';

CREATE TABLE acts (
  id TEXT PRIMARY KEY,
  actor TEXT NOT NULL,
  actor_id TEXT,
  act TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT NOT NULL,
  at BIGINT NOT NULL,
  log_index BIGINT
);

CREATE INDEX acts_subject ON acts (subject);

CREATE INDEX acts_unlogged ON acts (id) WHERE log_index IS NULL;

CREATE UNIQUE INDEX acts_logged ON acts (log_index) WHERE log_index IS NOT NULL;

CREATE INDEX acts_by ON acts (actor_id, id);

CREATE INDEX acts_about ON acts (subject, id);

CREATE INDEX acts_kind ON acts (act, id);

CREATE TABLE views (
  id TEXT PRIMARY KEY,
  client_id TEXT NOT NULL REFERENCES business_systems (client_id),
  view_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  octets BYTEA NOT NULL,
  approval_id TEXT UNIQUE REFERENCES approvals (id),
  asked_by TEXT REFERENCES staff (id),
  approved_by TEXT REFERENCES staff (id),
  at BIGINT NOT NULL,
  withdrawn_at BIGINT,
  log_index BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA,
  UNIQUE (client_id, view_id, version)
);

CREATE INDEX views_digest ON views (digest);

CREATE INDEX views_unlogged ON views (id) WHERE log_index IS NULL;

CREATE UNIQUE INDEX views_logged ON views (log_index) WHERE log_index IS NOT NULL;

CREATE INDEX views_in_force ON views (client_id, withdrawn_at);

CREATE TABLE view_files (
  approval_id TEXT NOT NULL REFERENCES approvals (id),
  position BIGINT NOT NULL,
  name TEXT NOT NULL,
  content BYTEA NOT NULL,
  PRIMARY KEY (approval_id, position)
);

CREATE TABLE unshown_allowances (
  client_id TEXT PRIMARY KEY REFERENCES business_systems (client_id),
  approval_id TEXT REFERENCES approvals (id),
  asked_by TEXT REFERENCES staff (id),
  approved_by TEXT REFERENCES staff (id),
  allowed_at BIGINT NOT NULL,
  ended_at BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE TABLE identity_proofs (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  person_id TEXT REFERENCES filed_persons (id),
  way TEXT NOT NULL,
  actor TEXT NOT NULL,
  actor_id TEXT,
  proven_at BIGINT NOT NULL,
  counts_from BIGINT NOT NULL,
  ended_at BIGINT,
  ended_reason TEXT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE INDEX identity_proofs_account ON identity_proofs (account_id);

CREATE INDEX identity_proofs_person ON identity_proofs (person_id) WHERE ended_at IS NULL;

CREATE TABLE identity_requests (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  person_id TEXT NOT NULL REFERENCES filed_persons (id),
  state TEXT NOT NULL,
  address TEXT,
  browser TEXT,
  asked_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  reminded_at BIGINT NOT NULL,
  decided_at BIGINT,
  decided_by TEXT REFERENCES accounts (id),
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE UNIQUE INDEX identity_requests_waiting ON identity_requests (account_id) WHERE state = 'waiting';

CREATE INDEX identity_requests_person ON identity_requests (person_id);

CREATE INDEX identity_requests_account ON identity_requests (account_id, asked_at);

CREATE TABLE identity_codes (
  code_hash BYTEA PRIMARY KEY,
  person_id TEXT NOT NULL UNIQUE REFERENCES filed_persons (id),
  actor TEXT NOT NULL,
  actor_id TEXT,
  made_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE TABLE identity_consents (
  request_id TEXT PRIMARY KEY REFERENCES requests (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  person_id TEXT NOT NULL REFERENCES filed_persons (id),
  phone TEXT NOT NULL,
  refused_at BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE INDEX identity_consents_account ON identity_consents (account_id, request_id);

CREATE TABLE portal_sessions (
  token_hash BYTEA PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  created_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  -- Origin of the login, so that its owner can recognise a stranger's.
  address TEXT,
  browser TEXT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE INDEX portal_sessions_account ON portal_sessions (account_id);

CREATE TABLE shield_asks (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  credit_code TEXT NOT NULL,
  shield_number TEXT NOT NULL,
  kind TEXT NOT NULL,
  note TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  decided_at BIGINT,
  decided_by TEXT REFERENCES accounts (id),
  reason TEXT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);

CREATE UNIQUE INDEX shield_asks_waiting ON shield_asks (account_id, shield_number, kind) WHERE state = 'waiting';

CREATE INDEX shield_asks_enterprise ON shield_asks (credit_code, id);

CREATE INDEX shield_asks_account ON shield_asks (account_id, id);

CREATE TABLE notifications (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  phone TEXT,
  occasion TEXT NOT NULL,
  details TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  last_error TEXT,
  unanswered INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account_id, kind, occasion)
);

CREATE INDEX notifications_waiting ON notifications (next_at) WHERE state = 'waiting';

CREATE TABLE sms_log (
  id TEXT PRIMARY KEY,
  phone_hash BYTEA NOT NULL,
  phone_masked TEXT NOT NULL,
  purpose TEXT NOT NULL,
  with_code BOOLEAN NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  sent_at BIGINT NOT NULL,
  took_ms BIGINT
);

CREATE INDEX sms_log_phone ON sms_log (phone_hash, id);

CREATE INDEX sms_log_end ON sms_log (substr(phone_masked, length(phone_masked) - 3), id);

CREATE INDEX sms_log_unsent ON sms_log (state, id) WHERE state <> 'sent';

CREATE TABLE readings (
  id TEXT PRIMARY KEY,
  staff_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  number_masked TEXT NOT NULL,
  at BIGINT NOT NULL
);

CREATE INDEX readings_staff ON readings (staff_id, id);

CREATE INDEX readings_subject ON readings (subject, id) WHERE subject <> '';

CREATE INDEX readings_number ON readings (number_masked, id) WHERE number_masked <> '';

CREATE TABLE push_subscriptions (
  device_id TEXT PRIMARY KEY REFERENCES devices (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  address_box BYTEA NOT NULL,
  requests INTEGER NOT NULL,
  notices INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  failing_since BIGINT
);

CREATE INDEX push_subscriptions_account ON push_subscriptions (account_id);

CREATE TABLE pushes (
  occasion TEXT NOT NULL,
  device_id TEXT NOT NULL REFERENCES devices (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  answer TEXT,
  PRIMARY KEY (occasion, device_id)
);

CREATE INDEX pushes_waiting ON pushes (next_at) WHERE state = 'waiting';

CREATE INDEX pushes_ended ON pushes (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE log_state (
  id INTEGER PRIMARY KEY,
  origin TEXT NOT NULL,
  size BIGINT NOT NULL,
  checkpoint TEXT NOT NULL,
  changed_at BIGINT NOT NULL
);

CREATE TABLE log_tiles (
  level INTEGER NOT NULL,
  number BIGINT NOT NULL,
  width INTEGER NOT NULL,
  hashes BYTEA NOT NULL,
  PRIMARY KEY (level, number)
);

CREATE INDEX log_tiles_partial ON log_tiles (level) WHERE width < 256;

CREATE TABLE log_bundles (
  number BIGINT PRIMARY KEY,
  width INTEGER NOT NULL,
  entries BYTEA NOT NULL
);

CREATE TABLE sealed_changes (
  id TEXT PRIMARY KEY,
  place TEXT NOT NULL,
  row_key TEXT NOT NULL,
  version BIGINT NOT NULL,
  seal BYTEA NOT NULL,
  at BIGINT NOT NULL,
  log_index BIGINT
);

CREATE INDEX sealed_changes_row ON sealed_changes (place, row_key, version);

CREATE INDEX sealed_changes_unlogged ON sealed_changes (id) WHERE log_index IS NULL;

CREATE UNIQUE INDEX sealed_changes_logged ON sealed_changes (log_index) WHERE log_index IS NOT NULL;

CREATE TABLE checkpoint_stamps (
  origin TEXT NOT NULL,
  size BIGINT NOT NULL,
  place TEXT NOT NULL,
  checkpoint TEXT NOT NULL,
  token BYTEA NOT NULL,
  profile TEXT NOT NULL,
  stamped_at BIGINT NOT NULL,
  good_until BIGINT NOT NULL,
  PRIMARY KEY (origin, size, place)
);

CREATE TABLE checkpoint_cosignatures (
  origin TEXT NOT NULL,
  witness TEXT NOT NULL,
  hour BIGINT NOT NULL,
  size BIGINT NOT NULL,
  checkpoint TEXT NOT NULL,
  line TEXT NOT NULL,
  PRIMARY KEY (origin, witness, hour)
);

CREATE INDEX checkpoint_cosignatures_size ON checkpoint_cosignatures (origin, size);

CREATE TABLE retention (
  kind TEXT PRIMARY KEY,
  since BIGINT NOT NULL,
  place TEXT NOT NULL,
  erased BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  mark BYTEA
);

CREATE TABLE archives (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  month TEXT NOT NULL,
  requests BIGINT NOT NULL,
  signatures BIGINT NOT NULL,
  places BYTEA NOT NULL,
  manifest TEXT NOT NULL,
  written_at BIGINT NOT NULL,
  removed_at BIGINT,
  mark BYTEA NOT NULL,
  logged_rows BIGINT
);

CREATE TABLE jobs (
  name TEXT PRIMARY KEY,
  next_at BIGINT NOT NULL,
  holder TEXT,
  lease_until BIGINT NOT NULL,
  failures INTEGER NOT NULL,
  last_at BIGINT,
  last_done BIGINT,
  last_error TEXT,
  last_ms BIGINT
);

CREATE TABLE metrics (
  hour BIGINT NOT NULL,
  operation TEXT NOT NULL,
  code TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (hour, operation, code, bucket)
);

CREATE TABLE high_water (
  id INTEGER PRIMARY KEY,
  name TEXT,
  mark BIGINT NOT NULL,
  marked_at BIGINT NOT NULL,
  -- Set by a process that found this to be an older copy, which lacks later data; until a restore is declared.
  lost_since BIGINT,
  -- Time of the last declared restore: older marks may be absent.
  declared_at BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE high_water_marks (
  mark BIGINT PRIMARY KEY,
  token BYTEA NOT NULL,
  marked_at BIGINT NOT NULL
);

CREATE TABLE clock_marks (
  boot TEXT PRIMARY KEY,
  wall BIGINT NOT NULL,
  steady BIGINT NOT NULL,
  database_ahead BIGINT NOT NULL
);

CREATE TABLE clock_doubts (
  process TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  ahead BIGINT NOT NULL,
  since BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);
