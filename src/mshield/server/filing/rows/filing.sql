-- name: find_enterprise^
SELECT credit_code, name, version FROM enterprises WHERE credit_code = :credit_code;

-- name: find_person^
SELECT id, credit_code, name, id_type, role, phone, version, ended_at FROM filed_persons
WHERE credit_code = :credit_code AND role = :role AND id_number_hash = :id_number_hash;

-- name: find_person_of_call
SELECT id, credit_code, name, id_type, role, phone, version, ended_at, CAST(:call AS INTEGER) AS call FROM filed_persons
WHERE credit_code = :credit_code AND role = :role AND id_number_hash = :id_number_hash;

-- name: legal_person
-- Any record of the legal person, present or ended.
SELECT credit_code FROM filed_persons WHERE credit_code = :credit_code AND role = 'legal_person' LIMIT 1;

-- name: lock^
-- Makes imports wait for each other: the row is locked until the transaction ends, so that a plan stays valid while it
-- is executed.
INSERT INTO throttles (scope, subject, failures, window_start, blocked_until) VALUES ('filing_import', '', 0, :now, 0)
ON CONFLICT (scope, subject) DO UPDATE SET window_start = excluded.window_start
RETURNING window_start;

-- name: insert_enterprise!
INSERT INTO enterprises (credit_code, name, version, created_at, changed_at, seal_version, seal)
VALUES (:credit_code, :name, :version, :now, :now, :seal_version, :seal);

-- name: write_enterprise
UPDATE enterprises SET name = :name, version = :version, changed_at = :now, seal_version = :seal_version, seal = :seal
WHERE credit_code = :credit_code RETURNING credit_code;

-- name: insert_person!
INSERT INTO filed_persons (id, credit_code, name, id_type, id_number_hash, id_number_box, id_number_end, role, phone, version,
  ended_at, created_at, changed_at, seal_version, seal)
VALUES (:id, :credit_code, :name, :id_type, :id_number_hash, :id_number_box, :id_number_end, :role, :phone, :version,
  :ended_at, :now, :now, :seal_version, :seal);

-- name: write_person
UPDATE filed_persons SET name = :name, id_type = :id_type, phone = :phone, version = :version, ended_at = :ended_at,
  changed_at = :now, seal_version = :seal_version, seal = :seal
WHERE id = :id RETURNING id;

-- name: list_people
-- Pages in the order of filing; an empty credit code or hash matches all.
SELECT f.id, f.credit_code, e.name AS enterprise, f.name, f.id_type, f.id_number_box, f.role, f.phone, f.version, f.ended_at
FROM filed_persons f JOIN enterprises e ON e.credit_code = f.credit_code
WHERE f.id > :after AND (f.credit_code = :credit_code OR :credit_code = '')
  AND (f.id_number_hash = :id_number_hash OR length(:id_number_hash) = 0)
  AND (f.ended_at IS NULL OR :ended_too = 1)
ORDER BY f.id LIMIT :most;

-- name: end_person^
UPDATE filed_persons SET ended_at = :now, version = version + 1, changed_at = :now
WHERE id = :id AND ended_at IS NULL
RETURNING id, credit_code, name, id_type, role, phone, version, ended_at;

-- name: overtake_reservations!
-- Makes concurrent reservations for this person fail their guard, read again and find that the person isn't on file.
UPDATE accounts SET reservations = reservations + 1
WHERE id_number_hash = (SELECT id_number_hash FROM filed_persons WHERE id = :person_id);

-- name: usable_of_person
-- The number of usable certificates issued from the record's present version: a new version stops them (R22).
SELECT f.id AS about, COUNT(*) AS shields FROM filed_persons f JOIN enterprises e ON e.credit_code = f.credit_code
JOIN certificates c ON c.person_id = f.id
WHERE f.id = :about AND f.ended_at IS NULL AND usable(c) AND NOT filing_changed(c, f, e) GROUP BY f.id;

-- name: usable_of_enterprise
-- The same for a whole enterprise, since all its certificates contain its name. Uses certificates_enterprise, and the
-- records' keys: in a join, PostgreSQL would read all records while it has no statistics.
SELECT c.credit_code AS about,
  CAST(SUM(CASE WHEN usable(c) AND EXISTS (SELECT 1 FROM filed_persons f JOIN enterprises e ON e.credit_code = f.credit_code
    WHERE f.id = c.person_id AND f.ended_at IS NULL AND NOT filing_changed(c, f, e)) THEN 1 ELSE 0 END) AS BIGINT) AS shields
FROM certificates c WHERE c.credit_code = :about GROUP BY c.credit_code;

-- name: live_shields
-- The unended shields of a record, for the legal person to revoke.
SELECT DISTINCT shield_number FROM certificates
WHERE person_id = :person_id AND NOT ended(certificates) ORDER BY shield_number;

-- name: due_to_ask
-- People on file who have an unended shield, and all legal persons; longest not queried first.
SELECT f.id, f.credit_code, f.role, f.id_number_box FROM filed_persons f
WHERE f.asked_at <= :before AND f.ended_at IS NULL AND (f.role = 'legal_person' OR EXISTS (
  SELECT 1 FROM certificates c WHERE c.person_id = f.id AND NOT ended(c)
))
ORDER BY f.asked_at LIMIT :most;

-- name: asked!
UPDATE filed_persons SET asked_at = :at WHERE id = :id;
