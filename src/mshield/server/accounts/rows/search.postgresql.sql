-- Lists are passed as one comma-separated text: ids and credit codes contain no comma.

-- name: lines
-- The result lines for these ids, in no order, each with its newest certificate's shield. Large tables are read by
-- key, as in certificates/search.postgresql.sql.
SELECT a.id, a.name, a.phone, a.id_type, a.id_number_box, a.state, a.source, a.created_at, c.shield_number,
  c.organisation AS enterprise
FROM unnest(string_to_array(:ids, ',')) AS s (id)
CROSS JOIN LATERAL (SELECT * FROM accounts WHERE accounts.id = s.id LIMIT 1) a
LEFT JOIN LATERAL (
  SELECT shield_number, organisation FROM certificates
  WHERE certificates.account_id = a.id ORDER BY issued_at DESC, serial DESC LIMIT 1
) c ON TRUE;

-- name: of_enterprises
-- Uses certificates_enterprise_account alone, for at most some thousands of enterprises: the first rows of the page
-- from each. Reads certificates for a former name only if the present name doesn't contain the word.
SELECT DISTINCT f.account_id AS id
FROM (
  SELECT credit_code, lower(name) LIKE CAST(:organisation AS TEXT) ESCAPE '!' AS has_word FROM enterprises
  WHERE credit_code = ANY(string_to_array(:credit_codes, ','))
) e
CROSS JOIN LATERAL (
  (SELECT DISTINCT c.account_id FROM certificates c
    WHERE e.has_word AND c.credit_code = e.credit_code AND c.account_id > :after
    ORDER BY c.account_id LIMIT :most)
  UNION ALL
  (SELECT DISTINCT c.account_id FROM certificates c
    WHERE NOT e.has_word AND c.credit_code = e.credit_code AND c.account_id > :after
      AND lower(c.organisation) LIKE CAST(:organisation AS TEXT) ESCAPE '!'
    ORDER BY c.account_id LIMIT :most)
) f
ORDER BY f.account_id LIMIT :most;

-- name: numbers
SELECT f.phone FROM unnest(string_to_array(:ids, ',')) AS s (id)
CROSS JOIN LATERAL (SELECT phone FROM accounts WHERE accounts.id = s.id LIMIT 1) f;
