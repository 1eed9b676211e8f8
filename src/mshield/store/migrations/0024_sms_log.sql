-- What was sent by SMS, to whom and with which outcome; never what it said, and no code. A number stands masked, and as a
-- keyed hash by which customer service finds it.
-- depends: 0023_operations

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
