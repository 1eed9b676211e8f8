-- Webhooks: where business systems want to be told that a request ended, and what became of each telling.
-- depends: 0012_requests

CREATE TABLE webhook_endpoints (
  id TEXT PRIMARY KEY,
  client_id TEXT NOT NULL REFERENCES business_systems (client_id),
  url TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  secret_box BYTEA,
  previous_box BYTEA,
  previous_until BIGINT,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE INDEX webhook_endpoints_system ON webhook_endpoints (client_id);

-- One event for one endpoint; the id goes along with each try.
CREATE TABLE webhook_deliveries (
  id TEXT PRIMARY KEY,
  endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id),
  request_id TEXT NOT NULL,
  event TEXT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_at BIGINT NOT NULL,
  status INTEGER,
  error TEXT,
  created_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE UNIQUE INDEX webhook_deliveries_once ON webhook_deliveries (endpoint_id, request_id);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (next_at) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL;

-- Whether a request's end is still to be told. Set when it is made; no statement of signing touches it, and the index
-- leaves the state out, so that changes of state stay as cheap as they were.
ALTER TABLE requests ADD COLUMN to_tell BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX requests_to_tell ON requests (expires_at) WHERE to_tell;
