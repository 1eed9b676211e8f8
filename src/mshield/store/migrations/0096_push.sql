-- Push: where a phone's browser takes pushes, and what is on its way there.
-- depends: 0085_archives

-- One for each installation of the app. The address is a capability, and what it is encrypted by a secret: both sealed.
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

-- One for each phone and occasion: a request's or a notice's id.
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
