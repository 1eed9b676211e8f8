-- Times are milliseconds since 1970. Secrets of sessions stand here as SHA-256.

CREATE TABLE IF NOT EXISTS sessions (
  id_hash BLOB PRIMARY KEY,
  csrf TEXT NOT NULL,
  login BLOB,              -- the login that this browser has begun: the SDK's Created, JSON
  person TEXT,             -- who is logged in: JSON, from the verified certificate
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS declarations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  number TEXT NOT NULL UNIQUE,
  credit_code TEXT NOT NULL,
  declared TEXT NOT NULL,  -- the form as JSON
  state TEXT NOT NULL CHECK (state IN ('draft', 'pending', 'signed', 'declined', 'expired', 'unverified')),
  signing_id INTEGER,      -- the newest
  changed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS declarations_of ON declarations (credit_code, id);

-- One request to the shield: one PIN for one or more declarations.
CREATE TABLE IF NOT EXISTS signings (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  request_id TEXT NOT NULL UNIQUE,
  created BLOB NOT NULL,   -- the SDK's Created, JSON: the page gets its id, status_token and number, never its qr_secret
  credit_code TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'signed', 'declined', 'expired', 'cancelled', 'unverified')),
  reason TEXT,             -- why declined (`not_me`), or why the signature wasn't taken (an error's code)
  signer TEXT,
  asked_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;

-- What was sent, kept as it was sent: the signature is compared with exactly this.
CREATE TABLE IF NOT EXISTS signed_documents (
  signing_id INTEGER NOT NULL REFERENCES signings (id),
  position INTEGER NOT NULL,
  declaration_id INTEGER NOT NULL REFERENCES declarations (id),
  title TEXT NOT NULL,
  content BLOB NOT NULL,
  display TEXT NOT NULL,   -- JSON [[label, value]]
  file BLOB,               -- the finished XML of an import, the CMS of an export
  evidence BLOB,
  PRIMARY KEY (signing_id, position)
) STRICT;
