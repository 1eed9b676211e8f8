-- name: find^
SELECT client_id, name, domain, secret_hash, state, return_urls, previous_hash, previous_until, secret_at, created_at,
  seal_version, seal
FROM business_systems WHERE client_id = :client_id;

-- name: list_all
SELECT client_id, name, domain, secret_hash, state, return_urls, previous_hash, previous_until, secret_at, created_at,
  seal_version, seal
FROM business_systems ORDER BY created_at, client_id;

-- name: lock_names^
-- Makes registrations wait for each other: the row is locked until the transaction ends, so that of two similar names
-- one is first.
INSERT INTO throttles (scope, subject, failures, window_start, blocked_until) VALUES ('system_names', '', 0, :now, 0)
ON CONFLICT (scope, subject) DO UPDATE SET window_start = excluded.window_start
RETURNING window_start;

-- name: insert!
INSERT INTO business_systems (client_id, name, domain, secret_hash, state, return_urls, created_at)
VALUES (:client_id, :name, :domain, :secret_hash, 'active', :return_urls, :now);

-- name: set_return_urls!
UPDATE business_systems SET return_urls = :return_urls WHERE client_id = :client_id;

-- name: change!
UPDATE business_systems SET name = :name, domain = :domain, return_urls = :return_urls WHERE client_id = :client_id;

-- name: rotate!
-- Guarded by the secret that was read, so that of two simultaneous changes none is lost.
UPDATE business_systems SET previous_hash = :previous_hash, previous_until = :previous_until, secret_hash = :secret_hash,
  secret_at = :now
WHERE client_id = :client_id AND secret_hash = :old_hash;

-- name: end_previous!
UPDATE business_systems SET previous_hash = NULL, previous_until = 0
WHERE client_id = :client_id AND previous_hash IS NOT NULL;

-- name: set_state!
-- No row is changed if it is already in this state.
UPDATE business_systems SET state = :state WHERE client_id = :client_id AND state <> :state;

-- name: put_own!
-- The service itself as a business system; its domain is that of the present public address.
INSERT INTO business_systems (client_id, name, domain, secret_hash, state, return_urls, created_at)
VALUES (:client_id, :name, :domain, :secret_hash, 'active', '[]', :now)
ON CONFLICT (client_id) DO NOTHING;

-- name: rename_own!
UPDATE business_systems SET name = :name, domain = :domain WHERE client_id = :client_id;
