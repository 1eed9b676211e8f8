-- Requests without an idempotency key stand in no index of such keys: PostgreSQL took it for a way to a system's request.
-- depends: 0019_used_requests

DROP INDEX requests_idempotency;
CREATE UNIQUE INDEX requests_idempotency ON requests (client_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
