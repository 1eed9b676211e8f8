-- With which one-time values and rn keys have signed lately, so that an open that comes late is no copy (ADR 64).
-- depends: 0065_marks_with_tokens

-- shown is a digest of key, one-time value and rn; at is ms.
CREATE TABLE values_that_succeeded (
  shown BYTEA PRIMARY KEY,
  at BIGINT NOT NULL
);
CREATE INDEX values_that_succeeded_at ON values_that_succeeded (at);
