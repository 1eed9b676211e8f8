-- Time stamps on signatures (docs/evidence.md): one row for each authority that is asked, and for each renewal of a stamp.
-- depends: 0051_signature_row_form

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

-- Up to which entry of the log the signatures were taken in for an authority.
CREATE TABLE time_stamp_places (
  place TEXT PRIMARY KEY,
  log_index BIGINT NOT NULL
);
