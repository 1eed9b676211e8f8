-- What people are searched by (ADR 95): the keyed hash of an id number's last four characters, the two-character pieces of
-- enterprises' names, and the end of an account's phone number. Rows of before, and those that the last release writes
-- meanwhile, are marked by what is missing in them: the job `search` fills it in.
-- depends: 0073_checkpoint_stamps

ALTER TABLE filed_persons ADD COLUMN id_number_end BYTEA;

CREATE INDEX IF NOT EXISTS filed_persons_id_number_end ON filed_persons (id_number_end);

ALTER TABLE enterprises ADD COLUMN searched_version BIGINT NOT NULL DEFAULT 0;

CREATE INDEX IF NOT EXISTS enterprises_unsearched ON enterprises (credit_code) WHERE searched_version < version;

CREATE TABLE enterprise_words (
  word TEXT NOT NULL,
  credit_code TEXT NOT NULL REFERENCES enterprises (credit_code),
  PRIMARY KEY (word, credit_code)
);

CREATE INDEX IF NOT EXISTS accounts_phone_end ON accounts (substr(phone, length(phone) - 3));
