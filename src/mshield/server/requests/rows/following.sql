-- name: find
SELECT CAST(:call AS INTEGER) AS call, r.id, r.client_id, r.kind, r.channel, r.state, r.reason, r.number, r.created_at, r.expires_at, r.asker_name, r.asker_domain
FROM requests r WHERE r.id = :id;
