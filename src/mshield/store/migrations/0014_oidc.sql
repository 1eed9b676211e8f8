-- OpenID Connect provider: clients, signing keys, and authorizations from the pushed request to the access token.
-- depends: 0011_filing_asked

-- A business system that logs people in by OpenID Connect. Addresses are JSON lists of text, jwks a JWK set.
CREATE TABLE oidc_clients (
  client_id TEXT PRIMARY KEY REFERENCES business_systems (client_id),
  redirect_uris TEXT NOT NULL,
  logout_uris TEXT NOT NULL,
  auth_method TEXT NOT NULL,
  jwks TEXT,
  par_required INTEGER NOT NULL,
  changed_at BIGINT NOT NULL
);

-- Each key signs from its time on until the next one does; numbers have no gaps, so that of two new keys one stays.
CREATE TABLE oidc_keys (
  kid TEXT PRIMARY KEY,
  number BIGINT NOT NULL UNIQUE,
  key_box BYTEA NOT NULL,
  signs_from BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

-- pushed -> open -> granted -> used -> ended; hashes are SHA-256 of random values that only others hold.
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
  created_at BIGINT NOT NULL
);

CREATE INDEX oidc_authorizations_created ON oidc_authorizations (created_at);

-- Client assertions (RFC 7523) that were used, until they are over.
CREATE TABLE oidc_assertions (
  assertion_hash BYTEA PRIMARY KEY,
  expires_at BIGINT NOT NULL
);
