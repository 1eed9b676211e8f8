-- Lists are passed as one comma-separated text: ids and credit codes contain no comma.

-- name: lines
-- The result lines for these ids, in no order.
SELECT f.id, f.credit_code, e.name AS enterprise, f.name, f.id_type, f.id_number_box, f.role, f.phone, f.version, f.ended_at
FROM filed_persons f JOIN enterprises e ON e.credit_code = f.credit_code
WHERE f.id IN (SELECT value FROM json_each('["' || replace(:ids, ',', '","') || '"]'));

-- name: of_enterprises
-- Uses filed_persons_enterprise, for at most some thousands of enterprises.
SELECT f.id FROM enterprises e JOIN filed_persons f ON f.credit_code = e.credit_code
WHERE e.credit_code IN (SELECT value FROM json_each('["' || replace(:credit_codes, ',', '","') || '"]'))
  AND lower(e.name) LIKE CAST(:organisation AS TEXT) ESCAPE '!'
  AND f.id > :after AND on_file_as(f)
ORDER BY f.id LIMIT :most;

-- name: numbers
SELECT phone FROM filed_persons WHERE id IN (SELECT value FROM json_each('["' || replace(:ids, ',', '","') || '"]')) AND phone IS NOT NULL;
