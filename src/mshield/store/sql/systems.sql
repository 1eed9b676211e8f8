-- name: find^
SELECT client_id, name, domain, secret_hash, state FROM business_systems WHERE client_id = :client_id;

-- name: list_all
SELECT client_id, name, domain, secret_hash, state FROM business_systems ORDER BY created_at;

-- name: insert!
INSERT INTO business_systems (client_id, name, domain, secret_hash, state, created_at)
VALUES (:client_id, :name, :domain, :secret_hash, 'active', :now);
