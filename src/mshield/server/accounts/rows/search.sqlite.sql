-- Lists are passed as one comma-separated text: ids and credit codes contain no comma.

-- name: lines
-- The result lines for these ids, in no order, each with its newest certificate's shield.
SELECT a.id, a.name, a.phone, a.id_type, a.id_number_box, a.state, a.source, a.created_at, c.shield_number,
  c.organisation AS enterprise
FROM accounts a
LEFT JOIN certificates c ON c.serial = (
  SELECT n.serial FROM certificates n WHERE n.account_id = a.id ORDER BY n.issued_at DESC, n.serial DESC LIMIT 1
)
WHERE a.id IN (SELECT value FROM json_each('["' || replace(:ids, ',', '","') || '"]'));

-- name: of_enterprises
-- Uses certificates_enterprise_account, for at most some thousands of enterprises.
SELECT DISTINCT c.account_id AS id FROM enterprises e CROSS JOIN certificates c ON c.credit_code = e.credit_code
WHERE e.credit_code IN (SELECT value FROM json_each('["' || replace(:credit_codes, ',', '","') || '"]'))
  AND c.account_id > :after
  AND (lower(e.name) LIKE CAST(:organisation AS TEXT) ESCAPE '!'
    OR lower(c.organisation) LIKE CAST(:organisation AS TEXT) ESCAPE '!')
ORDER BY c.account_id LIMIT :most;

-- name: numbers
SELECT phone FROM accounts WHERE id IN (SELECT value FROM json_each('["' || replace(:ids, ',', '","') || '"]'));
