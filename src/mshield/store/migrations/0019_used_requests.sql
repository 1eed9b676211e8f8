-- Requests of the portal itself that have served: a login or a revocation by the legal person's own shield counts once.
-- depends: 0018_return_addresses

CREATE TABLE used_requests (
  request_id TEXT PRIMARY KEY,
  used_at BIGINT NOT NULL
);
