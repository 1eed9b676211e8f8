-- Renewal of certificates, binding to accounts, and requests from other apps.
-- depends: 0003_certificate_life 0005_staff_and_sources

-- sid is the certification request's. uid is the key that the new certificate is for: a new one beside the old, or the
-- same. The old key consents to a new one (consent_sid); the new certificate is confirmed by a signature (confirm_sid).
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
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  begun_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
-- One renewal at a time.
CREATE UNIQUE INDEX renewals_open ON renewals (device_id) WHERE state IN ('begun', 'issued');
CREATE INDEX renewals_uid ON renewals (uid);

-- What the phone co-signed to bind its certificate to its account. client_id is null for all business systems.
-- serial is the certificate that signed; certificate the one that the binding stands for now: a renewal takes it along.
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

ALTER TABLE requests ADD COLUMN channel TEXT NOT NULL DEFAULT 'qr';
