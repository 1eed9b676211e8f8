-- name: insert_set_up!
INSERT INTO staff_set_ups (code_hash, staff_id, expires_at, ended_at) VALUES (:code_hash, :staff_id, :expires_at, NULL);

-- name: find_set_up^
SELECT sealed(staff_set_ups AS s), sealed(staff AS m) FROM staff_set_ups s JOIN staff m ON m.id = s.staff_id
WHERE s.code_hash = :code_hash AND s.ended_at IS NULL AND s.expires_at > :now AND m.state = 'active';

-- name: use_set_up!
UPDATE staff_set_ups SET ended_at = :now WHERE code_hash = :code_hash AND ended_at IS NULL AND expires_at > :now;

-- name: unended_set_ups
SELECT code_hash FROM staff_set_ups WHERE staff_id = :staff_id AND ended_at IS NULL;

-- name: end_set_up!
UPDATE staff_set_ups SET ended_at = :now WHERE code_hash = :code_hash AND ended_at IS NULL;

-- name: insert_ceremony!
INSERT INTO staff_ceremonies (token_hash, staff_id, purpose, secret_box, challenge, expires_at, ended_at)
VALUES (:token_hash, :staff_id, :purpose, :secret_box, :challenge, :expires_at, NULL);

-- name: find_ceremony^
SELECT c.secret_box, sealed(staff_ceremonies AS c) FROM staff_ceremonies c
WHERE c.token_hash = :token_hash AND c.purpose = :purpose AND c.ended_at IS NULL AND c.expires_at > :now;

-- name: use_ceremony!
UPDATE staff_ceremonies SET ended_at = :now WHERE token_hash = :token_hash AND ended_at IS NULL AND expires_at > :now;

-- name: unended_ceremonies
SELECT token_hash FROM staff_ceremonies WHERE staff_id = :staff_id AND ended_at IS NULL;

-- name: end_ceremony!
UPDATE staff_ceremonies SET ended_at = :now WHERE token_hash = :token_hash AND ended_at IS NULL;

-- name: purge_set_ups!
DELETE FROM staff_set_ups WHERE expires_at <= :before;

-- name: purge_ceremonies!
DELETE FROM staff_ceremonies WHERE expires_at <= :before;
