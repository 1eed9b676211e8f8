-- name: find
SELECT CAST(:call AS INTEGER) AS call, r.id, r.client_id, r.kind, r.channel, r.state, r.reason, r.number, r.created_at, r.expires_at, b.name, b.domain
FROM requests r JOIN business_systems b ON b.client_id = r.client_id WHERE r.id = :id;
