-- Search of people on file for staff: first the ids in the order of filing, then their result lines. Each statement
-- that returns ids applies all search words; a null word matches everything, and the word in the statement's name uses
-- an index.

-- name: everybody
-- Uses the primary key.
SELECT f.id FROM filed_persons f
WHERE f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_id_number
-- Uses filed_persons_id_number: a person has a few records at most.
SELECT f.id FROM filed_persons f
WHERE f.id_number_hash = :id_number_hash AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_enterprise
-- Uses filed_persons_enterprise.
SELECT f.id FROM filed_persons f
WHERE f.credit_code = :credit_code AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_surname
-- Uses filed_persons_surname.
SELECT f.id FROM filed_persons f
WHERE substr(f.name, 1, 1) = :piece AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_name
-- Uses filed_persons_name.
SELECT f.id FROM filed_persons f
WHERE substr(f.name, 1, 2) = :piece AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_given_name
-- Finds the characters after the first one; uses filed_persons_given_name.
SELECT f.id FROM filed_persons f
WHERE substr(f.name, 2, 2) = :piece AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_phone_end
-- Uses filed_persons_phone_end; more than four digits are matched by the pattern.
SELECT f.id FROM filed_persons f
WHERE substr(f.phone, length(f.phone) - 3) = :piece AND f.phone LIKE CAST(:ending AS TEXT)
  AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_shield_end
-- Uses certificates_shield_end and the primary key: finds present and former holders of the shield.
SELECT DISTINCT f.id FROM certificates c JOIN filed_persons f ON f.id = c.person_id
WHERE substr(c.shield_number, 10) = :piece AND c.shield_number LIKE CAST(:ending AS TEXT)
  AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_id_end
-- Uses filed_persons_id_number_end; the caller decrypts and compares each number.
SELECT f.id FROM filed_persons f
WHERE f.id_number_end = :piece AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;
