-- Shards of revocation lists with the list in force of each, and the certificates whose statuses no list tells yet.
-- depends: 0073_checkpoint_stamps

CREATE TABLE crl_shards (
  authority TEXT NOT NULL REFERENCES authorities (name),
  shard BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  number BIGINT NOT NULL DEFAULT 0,
  der BYTEA,
  this_update BIGINT NOT NULL DEFAULT 0,
  next_update BIGINT NOT NULL DEFAULT 0,
  renew_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (authority, shard)
);

CREATE INDEX crl_shards_due ON crl_shards (renew_at);

CREATE TABLE crl_changes (
  serial TEXT PRIMARY KEY,
  issuer TEXT NOT NULL,
  changes BIGINT NOT NULL
);
