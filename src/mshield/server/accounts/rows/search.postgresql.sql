-- Lists go as one text with commas: ids and credit codes have none.

-- name: lines
-- The lines of these ids, in no order, each with its newest certificate's shield. The long tables are asked by key, as in
-- certificates/search.postgresql.sql.
SELECT a.id, a.name, a.phone, a.id_type, a.id_number_box, a.state, a.source, a.created_at, c.shield_number,
  c.organisation AS enterprise
FROM unnest(string_to_array(:ids, ',')) AS s (id)
CROSS JOIN LATERAL (SELECT * FROM accounts WHERE accounts.id = s.id LIMIT 1) a
LEFT JOIN LATERAL (
  SELECT shield_number, organisation FROM certificates
  WHERE certificates.account_id = a.id ORDER BY issued_at DESC, serial DESC LIMIT 1
) c ON TRUE;

-- name: of_enterprises
-- Over certificates_enterprise_account alone, of some thousands of enterprises at most: of each the first of its page. Only
-- where the word isn't in the present name are certificates read for the one of then.
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
