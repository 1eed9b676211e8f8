-- name: find_enterprise^
SELECT credit_code, name, version FROM enterprises WHERE credit_code = :credit_code;

-- name: find_person^
SELECT id, credit_code, name, id_type, role, version, ended_at FROM filed_persons
WHERE credit_code = :credit_code AND role = :role AND id_number_hash = :id_number_hash;

-- name: lock^
-- Imports take their turn: the row is locked until the transaction ends, so that a plan holds while it is carried out.
INSERT INTO throttles (scope, subject, failures, window_start, blocked_until) VALUES ('filing_import', '', 0, :now, 0)
ON CONFLICT (scope, subject) DO UPDATE SET window_start = excluded.window_start
RETURNING window_start;

-- name: insert_enterprise!
INSERT INTO enterprises (credit_code, name, version, created_at, changed_at) VALUES (:credit_code, :name, 1, :now, :now);

-- name: change_enterprise!
UPDATE enterprises SET name = :name, version = version + 1, changed_at = :now
WHERE credit_code = :credit_code AND version = :version;

-- name: insert_person!
INSERT INTO filed_persons (id, credit_code, name, id_type, id_number_hash, id_number_box, role, version, created_at, changed_at)
VALUES (:id, :credit_code, :name, :id_type, :id_number_hash, :id_number_box, :role, 1, :now, :now);

-- name: change_person!
-- Who had left the file is on it again.
UPDATE filed_persons SET name = :name, id_type = :id_type, version = version + 1, changed_at = :now, ended_at = NULL
WHERE id = :id AND version = :version;

-- name: count^
SELECT (SELECT COUNT(*) FROM enterprises) AS enterprises, (SELECT COUNT(*) FROM filed_persons) AS persons;
