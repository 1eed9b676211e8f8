-- Lists are passed as one comma-separated text: ids and credit codes contain no comma.

-- name: lines
-- The result lines for these ids, in no order. Large tables are read by key, as in certificates/search.postgresql.sql.
SELECT f.id, f.credit_code, (SELECT e.name FROM enterprises e WHERE e.credit_code = f.credit_code) AS enterprise, f.name,
  f.id_type, f.id_number_box, f.role, f.phone, f.version, f.ended_at
FROM unnest(string_to_array(:ids, ',')) AS s (id)
CROSS JOIN LATERAL (SELECT * FROM filed_persons WHERE filed_persons.id = s.id LIMIT 1) f;

-- name: of_enterprises
-- Uses filed_persons_enterprise, for at most some thousands of enterprises: the first rows of the page from each.
SELECT f.id FROM enterprises e
CROSS JOIN LATERAL (
  SELECT f.id FROM filed_persons f
  WHERE f.credit_code = e.credit_code AND f.id > :after AND on_file_as(f)
  ORDER BY f.id LIMIT :most
) f
WHERE e.credit_code = ANY(string_to_array(:credit_codes, ','))
  AND lower(e.name) LIKE CAST(:organisation AS TEXT) ESCAPE '!'
ORDER BY f.id LIMIT :most;

-- name: numbers
SELECT f.phone FROM unnest(string_to_array(:ids, ',')) AS s (id)
CROSS JOIN LATERAL (SELECT phone FROM filed_persons WHERE filed_persons.id = s.id LIMIT 1) f WHERE f.phone IS NOT NULL;
