-- The schema of the first release, in one dialect that PostgreSQL and SQLite both accept. Times (..._at, ..._until)
-- are BIGINT milliseconds since 1970 (UTC). Ids are UUIDv7 text made by the application; uid and sid are the
-- protocol's 16 bytes. Columns ending in _hash are hashes of values that only others have; those ending in _box are
-- sealed under the master key. seal_version counts the changes of a sealed row, seal is its keyed seal
-- (docs/adr/0037-seals.md). A row with log_index is a source of the transparency log; it is null until the log has the
-- entry. Columns keep their order, which seals and copies of the database depend on. What only PostgreSQL needs is in
-- 0001_baseline.postgresql.sql.

-- ---- keys of the service ----

-- Keys that the service makes for itself, by name.
CREATE TABLE secrets (
  name TEXT PRIMARY KEY,
  box BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

-- ---- accounts ----

-- Accounts (无卡用户账户). The account name is the phone number (manual 2.3.1.7).
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
-- Accounts as staff search them (ADR 129), in the order of registration. Parts of columns are indexed, not copied.
CREATE INDEX accounts_phone_end ON accounts (substr(phone, length(phone) - 3));
CREATE INDEX accounts_id_number_end ON accounts (id_number_end, id);
CREATE INDEX accounts_surname ON accounts (substr(name, 1, 1), id);
CREATE INDEX accounts_name ON accounts (substr(name, 1, 2), id);
CREATE INDEX accounts_given_name ON accounts (substr(name, 2, 2), id);

-- One row per installation of the app. account_id and shield_number are set by the first application (R1, R7).
CREATE TABLE devices (
  id TEXT PRIMARY KEY,
  jkt TEXT NOT NULL UNIQUE,
  public_key BYTEA NOT NULL,
  account_id TEXT REFERENCES accounts (id),
  shield_number TEXT UNIQUE,
  created_at BIGINT NOT NULL
);

-- What an account's owner sees of their devices: the name they gave it, its model as reported by the browser, and its
-- last login.
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

-- Logins at phones. The mark binds a login to its account with a key that the database doesn't have, so that a forged
-- row gives no access.
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
-- A login at a phone ends the earlier ones on the same installation.
CREATE INDEX phone_sessions_device ON phone_sessions (device_id) WHERE ended_at IS NULL;

-- Codes sent by SMS. Counters that protect secrets are rows: they survive a restart and hold across processes.
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

-- Used captchas, until they expire: each can be used once.
CREATE TABLE captcha_uses (
  captcha_hash BYTEA PRIMARY KEY,
  expires_at BIGINT NOT NULL
);

-- Failures per subject within a window, and until when the subject is blocked.
CREATE TABLE throttles (
  scope TEXT NOT NULL,
  subject TEXT NOT NULL,
  failures INTEGER NOT NULL,
  window_start BIGINT NOT NULL,
  blocked_until BIGINT NOT NULL,
  PRIMARY KEY (scope, subject)
);

-- Consents to policies, one row each: the version, and the text by its digest. Unsealed: a consent grants no rights,
-- and the act in the log proves it (ADR 109).
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

-- Requests of owners to close their account: waiting, withdrawn, or carried out once due (ADR 109). Sealed, since a
-- forged row must not close an account.
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

-- Answers stored for repeated calls with the same idempotency key.
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

-- DPoP proofs that were accepted, so that no process accepts one again. A row lives two minutes. Unlogged in
-- PostgreSQL: after a crash the age limit of proofs suffices.
CREATE TABLE dpop_proofs (
  proof_hash BYTEA PRIMARY KEY,
  expires_at BIGINT NOT NULL
);
CREATE INDEX dpop_proofs_ends ON dpop_proofs (expires_at);

-- ---- filing (备案) ----

-- Enterprises on file.
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

-- Two-character pieces of enterprises' names, for search (ADR 95).
CREATE TABLE enterprise_words (
  word TEXT NOT NULL,
  credit_code TEXT NOT NULL REFERENCES enterprises (credit_code),
  PRIMARY KEY (word, credit_code)
);

-- People on file, one row per enterprise and role.
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
-- People on file as staff search them (ADR 132), in the order of filing.
CREATE INDEX filed_persons_surname ON filed_persons (substr(name, 1, 1), id);
CREATE INDEX filed_persons_name ON filed_persons (substr(name, 1, 2), id);
CREATE INDEX filed_persons_given_name ON filed_persons (substr(name, 2, 2), id);
CREATE INDEX filed_persons_phone_end ON filed_persons (substr(phone, length(phone) - 3), id);

-- ---- certificate authorities and what they publish ----

-- Certificate authorities: root, the issuing CAs by generation, the OCSP responder of each, and the time stamping
-- authority.
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

-- Revocation lists as published. basis identifies the certificates' states from which a list was made.
CREATE TABLE crls (
  authority TEXT NOT NULL REFERENCES authorities (name),
  number BIGINT NOT NULL,
  der BYTEA NOT NULL,
  basis TEXT NOT NULL,
  this_update BIGINT NOT NULL,
  next_update BIGINT NOT NULL,
  PRIMARY KEY (authority, number)
);

-- Shards of revocation lists, each with its list in force.
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

-- Certificates whose status isn't in a list yet.
CREATE TABLE crl_changes (
  serial TEXT PRIMARY KEY,
  issuer TEXT NOT NULL,
  changes BIGINT NOT NULL
);

-- ---- co-signing keys and certificates ----

-- One row per co-signing key. Its counters hold across epochs and sessions. generation is incremented by each change
-- that a concurrent open or finish must notice, and guards every update.
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
);
CREATE INDEX keys_device ON keys (device_id);

-- The open session of a key: items is N times sid (16), e (32), c (32 bytes). Unlogged in PostgreSQL: sealed
-- one-time nonces must not live on in replicas and backups (docs/protocol.md, "What may be kept").
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

-- A copy of the session from counting an attempt to its outcome, in logged tables: it completes the attempt after a
-- crash of PostgreSQL or at the standby that takes over, where signing_sessions is empty (ADR 64). SQLite keeps
-- sessions and has no rows here.
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

-- One-time values and rn keys that signed recently, so that a late open isn't mistaken for a copied phone (ADR 64).
-- shown is a digest of key, one-time value and rn.
CREATE TABLE values_that_succeeded (
  shown BYTEA PRIMARY KEY,
  at BIGINT NOT NULL
);
CREATE INDEX values_that_succeeded_at ON values_that_succeeded (at);

-- Certificates. A row is committed with its serial before the certificate is signed; der is null until then.
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
-- All columns of a revocation list's entry, and its basis: answered from the index alone.
CREATE INDEX certificates_off ON certificates
  (issuer, not_after, changed_at, issued_at, serial, state, holds, revoked_at, revocation_reason, held_since)
  WHERE (state IN ('revoked', 'superseded') OR holds <> '') AND der IS NOT NULL;
-- Indexes for staff's lists, each in the list's order: by the end of the shield number, the first character of a name,
-- the first two, the two after the first, state, hold, and end.
CREATE INDEX certificates_shield_end ON certificates (substr(shield_number, 10), issued_at, serial);
CREATE INDEX certificates_surname ON certificates (substr(common_name, 1, 1), issued_at, serial);
CREATE INDEX certificates_name ON certificates (substr(common_name, 1, 2), issued_at, serial);
CREATE INDEX certificates_given_name ON certificates (substr(common_name, 2, 2), issued_at, serial);
CREATE INDEX certificates_state ON certificates (state, issued_at, serial);
CREATE INDEX certificates_held ON certificates (issued_at, serial, holds) WHERE holds <> '';
CREATE INDEX certificates_ends ON certificates (not_after, serial, state, holds)
  WHERE state <> 'revoked' AND state <> 'superseded';
CREATE INDEX certificates_enterprise_account ON certificates (credit_code, account_id);

-- keys and certificates name each other, so these columns of keys follow once both tables exist.
-- The certificate in force.
ALTER TABLE keys ADD COLUMN certificate TEXT REFERENCES certificates (serial);
-- The pending epoch comes from a refresh task, so it has a new PIN.
ALTER TABLE keys ADD COLUMN pending_changes_pin BOOLEAN NOT NULL DEFAULT FALSE;
-- Number of signatures by the share in force.
ALTER TABLE keys ADD COLUMN since_refresh INTEGER NOT NULL DEFAULT 0;
-- After a declared restore any one-time value is accepted until a success.
ALTER TABLE keys ADD COLUMN otp_open INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN otp_prev_spent BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE keys ADD COLUMN challenge_hash BYTEA;
ALTER TABLE keys ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN seal BYTEA;
-- Binds the enrolment to its account, as a login's mark does.
ALTER TABLE keys ADD COLUMN mark BYTEA;

-- Requests at outside CAs: one of each certificate that isn't issued here. answer is stored before it is confirmed;
-- issuer_serial is a hash of the issuer's name and the serial, by which no certificate is taken twice.
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

-- Each change of a certificate's state or holds.
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
-- For revocation lists: events that ended certificates whose rows state otherwise.
CREATE INDEX certificate_events_ended ON certificate_events (serial) WHERE state IN ('revoked', 'superseded');
CREATE INDEX certificate_events_unnotified ON certificate_events (at) WHERE notified_at IS NULL;
CREATE INDEX certificate_events_unlogged ON certificate_events (id) WHERE log_index IS NULL;
CREATE UNIQUE INDEX certificate_events_logged ON certificate_events (log_index) WHERE log_index IS NOT NULL;

-- Number of certificates of each kind by the day on which they end (ADR 118).
CREATE TABLE certificate_counts (
  kind TEXT NOT NULL,
  ends_on BIGINT NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (kind, ends_on)
);

-- Index in the log up to which events were counted. whole: the log's end was reached once, so the counts may be
-- displayed.
CREATE TABLE certificate_counts_place (
  id INTEGER PRIMARY KEY,
  place BIGINT NOT NULL,
  whole BOOLEAN NOT NULL
);

-- Renewals in progress. sid is the certification request's; uid the key of the new certificate, a new key or the same.
-- The old key consents to a new one (consent_sid); a signature confirms the new certificate (confirm_sid).
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
-- One renewal at a time.
CREATE UNIQUE INDEX renewals_open ON renewals (device_id) WHERE state IN ('begun', 'issued');
CREATE INDEX renewals_uid ON renewals (uid);

-- Logins by the PIN of the phone's own shield (docs/adr/0106-unlocking.md): the documents that a token may sign
-- before there is a login.
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

-- ---- business systems, requests and signatures ----

-- Business systems. The previous secret is valid in addition to the new one until previous_until.
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

-- Requests of business systems for a signature or a login. asker_name and asker_domain are the system's at the time
-- of the request.
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
-- Requests without a key are in no index of keys: PostgreSQL would use it to find a system's requests.
CREATE UNIQUE INDEX requests_idempotency ON requests (client_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
-- Indexed by the end of requests, not by their state: a signature then changes its request in place (heap-only
-- tuples).
CREATE INDEX requests_inbox ON requests (shield_number, expires_at) WHERE shield_number IS NOT NULL;

-- Documents to sign. request_id is null for the protocol's own tasks (enrol, confirm, refresh).
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

-- Released signatures.
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

-- Signatures that bind a certificate to its account. client_id is null for all business systems. serial is the
-- certificate that signed; certificate is the one now bound: a renewal changes it.
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

-- Used requests of the portal itself: a login or a revocation by the legal person's own shield can be used once.
CREATE TABLE used_requests (
  request_id TEXT PRIMARY KEY,
  used_at BIGINT NOT NULL
);

-- Addresses at which business systems are notified that a request ended.
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

-- One event for one endpoint; each attempt sends the same id.
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

-- ---- time stamps ----

-- Time stamps on signatures (docs/evidence.md): a row for each authority that is called, and for each renewal of a
-- stamp.
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

-- Index in the log up to which signatures were queued for each authority.
CREATE TABLE time_stamp_places (
  place TEXT PRIMARY KEY,
  log_index BIGINT NOT NULL
);

-- ---- OpenID Connect provider ----

-- Business systems that log people in by OpenID Connect. Addresses are JSON lists of text, jwks a JWK set.
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

-- Signing keys of ID tokens. Each signs from its time until the next one does; numbers have no gaps, so that only one
-- of two concurrently made keys is stored.
CREATE TABLE oidc_keys (
  kid TEXT PRIMARY KEY,
  number BIGINT NOT NULL UNIQUE,
  key_box BYTEA NOT NULL,
  signs_from BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

-- Authorizations, from the pushed request to the access token: pushed, open, granted, used, ended. Unlogged in
-- PostgreSQL: they live for minutes, and after a crash the users who were logging in start again.
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

-- Used client assertions (RFC 7523), until they expire.
CREATE TABLE oidc_assertions (
  assertion_hash BYTEA PRIMARY KEY,
  expires_at BIGINT NOT NULL
);

-- ---- staff and what takes two people ----

-- Staff of the console. roles are separated by spaces. password_hash is Argon2id, null until the member has set up the
-- login.
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

-- Second factors. kind 'totp': the secret is in secret_box, used_step is the last accepted time step. 'webauthn':
-- credential_id, public_key (COSE) and the authenticator's sign_count.
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

-- One-time addresses for a member's first access, by the hash of a random code.
CREATE TABLE staff_set_ups (
  code_hash BYTEA PRIMARY KEY,
  staff_id TEXT NOT NULL REFERENCES staff (id),
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);
CREATE INDEX staff_set_ups_staff ON staff_set_ups (staff_id);

-- Awaited second halves of a login or set-up, each used once: purpose 'login' after the right password, 'enrol' for a
-- factor being added (with the new TOTP secret). challenge is what an authenticator signs.
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

-- Logins at the console. confirmed_at: when the second factor was last entered again.
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

-- Named access tokens of staff. next_id: the token that replaces this one.
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

-- Acts that need two people: requested by one security officer, decided by another. details is JSON, exactly what is
-- displayed and executed; sealed_box is what is executed but not displayed, such as a whole phone number, and is
-- emptied with the decision. state is waiting, approved, refused, withdrawn or expired. asked_by is null if the
-- service submitted data of an outside filing system and no officer has requested it yet.
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

-- Records of a filing list that wait for a second person.
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

-- A new phone number that two people approved without a code from the old one (R18): it waits, and can be stopped
-- until it takes effect. details is JSON, for the act; the numbers are emptied once it has ended. approval_id is null
-- for two people at the server; state is waiting, done or stopped.
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

-- Another filed number of a person who has a proven account or a shield: approved by two people, it waits, and can be
-- stopped until it is filed. account_id is one of the notified accounts; a number is empty if there is none, and once
-- the change has ended. details is JSON, for the act; approval_id is null for two people at the server; state is
-- waiting, done or stopped.
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

-- Acts of people and of the service, for the audit and the log.
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

-- ---- views and documents that no phone displays ----

-- Views (展示规则): how the phone displays one kind of a business system's content. A version never changes; withdrawing
-- it affects new requests only. digest is SM3 of octets. asked_by and approved_by are null if two people did it at the
-- server, whom the act names.
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
-- The number of changes of a system's views is read with each of its requests, from this index alone.
CREATE INDEX views_in_force ON views (client_id, withdrawn_at);

-- Files uploaded with a view: position 0 is the view, the others are samples that are displayed to the second person.
-- The approval's sealed details have the digest of each.
CREATE TABLE view_files (
  approval_id TEXT NOT NULL REFERENCES approvals (id),
  position BIGINT NOT NULL,
  name TEXT NOT NULL,
  content BYTEA NOT NULL,
  PRIMARY KEY (approval_id, position)
);

-- Business systems that two security officers allowed to request signatures on content that a phone can't display;
-- without a row, or with an ended one, a system may not. asked_by and approved_by as for views.
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

-- ---- proof of identity (实名核验) and legal persons ----

-- Proofs that an account belongs to the person on file. person_id is null if the prover vouches for the person in
-- general. counts_from: valid from this time; the person's other accounts are notified before.
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
-- Proofs by a filed number end when a list files another one, for up to 100 000 records at a time.
CREATE INDEX identity_proofs_person ON identity_proofs (person_id) WHERE ended_at IS NULL;

-- Operators who request that their legal person confirms their identity.
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

-- One-time activation codes of people on file; a new one replaces the previous one.
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

-- Consents with the person's existing shield (本人现有手机盾同意): the requesting account, the filing record and the request.
-- phone is the account's number as displayed by the signing phone; after a change of number the consent is void.
-- refused_at: the person's phone reported that somebody else requested it.
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

-- Legal persons' sessions at the portal.
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

-- Operators' requests to their legal person about one of their shields: revoke it, lift a hold, update the filing so
-- that it can be renewed (ADR 110). Sealed as requested, since legal persons act on it; its outcome decides nothing.
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

-- ---- notices ----

-- Notices to accounts. unanswered counts deliveries with an unknown outcome; those are not repeated for a day.
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

-- SMS log: kind, recipient and outcome; never the text or a code. The number is masked, and stored as a keyed hash
-- with which customer service finds it.
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

-- Readings and searches of personal data by staff: who, what kind, whom (an account, a filed person, or empty), and
-- the number searched for, masked. Not in the transparency log; deleted after 180 days.
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

-- Push addresses of installations of the app. The address is a capability and its key a secret: both are sealed.
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

-- Pushes to send, one for each phone and occasion: a request's or a notice's id.
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

-- ---- transparency log ----

-- State of the log: one row.
CREATE TABLE log_state (
  id INTEGER PRIMARY KEY,
  origin TEXT NOT NULL,
  size BIGINT NOT NULL,
  checkpoint TEXT NOT NULL,
  changed_at BIGINT NOT NULL
);

-- Hash tiles. Partial ones have a width below 256.
CREATE TABLE log_tiles (
  level INTEGER NOT NULL,
  number BIGINT NOT NULL,
  width INTEGER NOT NULL,
  hashes BYTEA NOT NULL,
  PRIMARY KEY (level, number)
);
CREATE INDEX log_tiles_partial ON log_tiles (level) WHERE width < 256;

-- Entry bundles.
CREATE TABLE log_bundles (
  number BIGINT PRIMARY KEY,
  width INTEGER NOT NULL,
  entries BYTEA NOT NULL
);

-- Changes of sealed rows, which enter the log. row_key is the row's key, bytes in hex.
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

-- Time stamps on checkpoints (docs/log.md), so that the log's time doesn't depend on the service's clock alone: one
-- for each authority and checkpoint. Readers verify the token.
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

-- Checkpoints with a witness's cosignature (docs/log.md): the last of an hour for each witness. Readers verify the
-- line.
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

-- ---- retention ----

-- Progress of the retention job with each kind of data. The mark proves that the service wrote the row.
CREATE TABLE retention (
  kind TEXT PRIMARY KEY,
  since BIGINT NOT NULL,
  place TEXT NOT NULL,
  erased BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  mark BYTEA
);

-- Months that were written to files and removed from the database (docs/retention.md): the log indexes of their rows,
-- so that the log's check knows which rows may be absent. The mark proves that the service wrote the row. logged_rows
-- is null for a month of signatures.
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

-- ---- the running service ----

-- Jobs of the service, each under a lease; last_ms is the duration of the last run.
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

-- Number of calls of each operation by hour, outcome and duration. bucket is an index of the durations' bounds, -1 for
-- calls without a duration.
CREATE TABLE metrics (
  hour BIGINT NOT NULL,
  operation TEXT NOT NULL,
  code TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (hour, operation, code, bucket)
);

-- One row whose mark grows while the service runs and is mirrored outside of the database, so that an older copy is
-- noticed. name is random, made at the first start: a copy has the same one.
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
INSERT INTO high_water (id, mark, marked_at) VALUES (1, 0, 0);

-- The last marks, each with a random token: a database that lacks a mark made by a process is an older copy, even if
-- another host raised its count past it (ADR 63).
CREATE TABLE high_water_marks (
  mark BIGINT PRIMARY KEY,
  token BYTEA NOT NULL,
  marked_at BIGINT NOT NULL
);

-- For each boot of a machine: the trusted offset of its wall clock from the time since that boot.
CREATE TABLE clock_marks (
  boot TEXT PRIMARY KEY,
  wall BIGINT NOT NULL,
  steady BIGINT NOT NULL,
  database_ahead BIGINT NOT NULL
);

-- Processes that doubt their clock now.
CREATE TABLE clock_doubts (
  process TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  ahead BIGINT NOT NULL,
  since BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);
