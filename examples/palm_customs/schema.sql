-- Times are milliseconds since 1970. Secrets of sessions stand here as SHA-256.

CREATE TABLE IF NOT EXISTS sessions (
  id_hash BLOB PRIMARY KEY,
  csrf TEXT NOT NULL,
  asked BLOB,              -- the request that this session has under way: the SDK's Created, JSON
  task_id INTEGER,         -- the task that it signs; none for a login
  person TEXT,             -- who is logged in: JSON, from the verified certificate
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS tasks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  credit_code TEXT NOT NULL,
  title TEXT NOT NULL,
  lines TEXT NOT NULL,     -- JSON [[label, value]]: what the user sees here, and on the phone
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'signed', 'declined', 'expired', 'unverified')),
  reason TEXT,
  signer TEXT,
  cms BLOB,
  evidence BLOB,
  changed_at INTEGER NOT NULL,
  UNIQUE (credit_code, title)
) STRICT;
