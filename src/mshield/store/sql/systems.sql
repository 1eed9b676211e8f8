-- name: find^
SELECT client_id, name, domain, secret_hash, state, return_urls FROM business_systems WHERE client_id = :client_id;

-- name: list_all
SELECT client_id, name, domain, secret_hash, state, return_urls FROM business_systems ORDER BY created_at;

-- name: insert!
INSERT INTO business_systems (client_id, name, domain, secret_hash, state, return_urls, created_at)
VALUES (:client_id, :name, :domain, :secret_hash, 'active', :return_urls, :now);

-- name: set_return_urls!
UPDATE business_systems SET return_urls = :return_urls WHERE client_id = :client_id;

-- name: put_own!
-- The service itself as a business system; its domain is that of today's address.
INSERT INTO business_systems (client_id, name, domain, secret_hash, state, return_urls, created_at)
VALUES (:client_id, :name, :domain, :secret_hash, 'active', '[]', :now)
ON CONFLICT (client_id) DO UPDATE SET name = excluded.name, domain = excluded.domain;
