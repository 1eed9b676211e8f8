-- Lists go as one text with commas: serials and credit codes have none.

-- name: lines
-- The lines of these serials, in no order. The long tables are asked by a subquery each, as in issuing.sql.
SELECT c.serial, c.shield_number, c.organisation, c.credit_code, c.common_name, c.role, c.state, c.holds, c.not_before,
  c.not_after, c.issued_at, c.person_id,
  (SELECT p.id_type FROM filed_persons p WHERE p.id = c.person_id) AS id_type,
  (SELECT p.id_number_box FROM filed_persons p WHERE p.id = c.person_id) AS id_number_box,
  (SELECT a.phone FROM accounts a WHERE a.id = c.account_id) AS phone
FROM certificates c
WHERE c.serial IN (SELECT value FROM json_each('["' || replace(:serials, ',', '","') || '"]'));

-- name: of_enterprises
-- Over certificates_enterprise, of some thousands of enterprises at most.
SELECT c.issued_at AS at, c.serial FROM certificates c
WHERE c.credit_code IN (SELECT value FROM json_each('["' || replace(:credit_codes, ',', '","') || '"]'))
  AND (c.issued_at, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;
