-- Staff of the console, the end of filing records, and accounts that come from an outside system.
-- depends: 0002_unlogged_sessions

-- roles is a list with blanks between; token_hash is the SHA-256 of a random access token.
CREATE TABLE staff (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  roles TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

-- Null while the person is on file.
ALTER TABLE filed_persons ADD COLUMN ended_at BIGINT;

-- source is 'local' for who registered here, else the outside system that knows the account as external_id.
ALTER TABLE accounts ADD COLUMN source TEXT NOT NULL DEFAULT 'local';
ALTER TABLE accounts ADD COLUMN external_id TEXT;
CREATE UNIQUE INDEX accounts_external ON accounts (source, external_id);
