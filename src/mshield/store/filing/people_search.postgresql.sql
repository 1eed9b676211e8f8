-- Lists go as one text with commas: ids and credit codes have none.

-- name: lines
-- The lines of these ids, in no order.
SELECT f.id, f.credit_code, e.name AS enterprise, f.name, f.id_type, f.id_number_box, f.role, f.phone, f.version, f.ended_at
FROM filed_persons f JOIN enterprises e ON e.credit_code = f.credit_code
WHERE f.id = ANY(string_to_array(:ids, ','));

-- name: of_enterprises
-- Over filed_persons_enterprise, of some thousands of enterprises at most: of each the first of its page.
SELECT f.id FROM enterprises e
CROSS JOIN LATERAL (
  SELECT f.id FROM filed_persons f
  WHERE f.credit_code = e.credit_code AND f.id > :after AND on_file_as(f)
  ORDER BY f.id LIMIT :most
) f
WHERE e.credit_code = ANY(string_to_array(:credit_codes, ','))
  AND lower(e.name) LIKE CAST(:organisation AS TEXT) ESCAPE '!'
ORDER BY f.id LIMIT :most;
