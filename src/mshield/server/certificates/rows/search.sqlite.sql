-- Lists are passed as one comma-separated text: serials and credit codes contain no comma.

-- name: lines
-- The result lines for these serials, in no order. Each large table is read by a subquery, as in issuing.sql.
SELECT c.serial, c.shield_number, c.organisation, c.credit_code, c.common_name, c.role, c.state, c.holds, c.not_before,
  c.not_after, c.issued_at, c.person_id,
  (SELECT p.id_type FROM filed_persons p WHERE p.id = c.person_id) AS id_type,
  (SELECT p.id_number_box FROM filed_persons p WHERE p.id = c.person_id) AS id_number_box,
  (SELECT a.phone FROM accounts a WHERE a.id = c.account_id) AS phone
FROM certificates c
WHERE c.serial IN (SELECT value FROM json_each('["' || replace(:serials, ',', '","') || '"]'));

-- name: of_enterprises
-- Uses certificates_enterprise, for at most some thousands of enterprises.
SELECT c.issued_at AS at, c.serial FROM certificates c
WHERE c.credit_code IN (SELECT value FROM json_each('["' || replace(:credit_codes, ',', '","') || '"]'))
  AND (c.issued_at, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;
