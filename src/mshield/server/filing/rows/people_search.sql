-- Who is on file, for staff: ids in the order of filing, then the lines of these. Each statement of ids takes all words;
-- those that are null don't count, and the one that it is named after has the index.

-- name: everybody
-- Over the primary key.
SELECT f.id FROM filed_persons f
WHERE f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_id_number
-- Over filed_persons_id_number: a person has a few records at most.
SELECT f.id FROM filed_persons f
WHERE f.id_number_hash = :id_number_hash AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_enterprise
-- Over filed_persons_enterprise.
SELECT f.id FROM filed_persons f
WHERE f.credit_code = :credit_code AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_surname
-- Over filed_persons_surname.
SELECT f.id FROM filed_persons f
WHERE substr(f.name, 1, 1) = :piece AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_name
-- Over filed_persons_name.
SELECT f.id FROM filed_persons f
WHERE substr(f.name, 1, 2) = :piece AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_given_name
-- By what stands behind the first character, over filed_persons_given_name.
SELECT f.id FROM filed_persons f
WHERE substr(f.name, 2, 2) = :piece AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_phone_end
-- Over filed_persons_phone_end; longer ends by the pattern.
SELECT f.id FROM filed_persons f
WHERE substr(f.phone, length(f.phone) - 3) = :piece AND f.phone LIKE CAST(:ending AS TEXT)
  AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_shield_end
-- Over certificates_shield_end and the primary key: whoever has or had that shield.
SELECT DISTINCT f.id FROM certificates c JOIN filed_persons f ON f.id = c.person_id
WHERE substr(c.shield_number, 10) = :piece AND c.shield_number LIKE CAST(:ending AS TEXT)
  AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;

-- name: of_id_end
-- Over filed_persons_id_number_end: each number is opened and compared.
SELECT f.id FROM filed_persons f
WHERE f.id_number_end = :piece AND f.id > :after AND on_file_as(f) AND named_so(f)
ORDER BY f.id LIMIT :most;
