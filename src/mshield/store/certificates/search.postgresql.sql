-- Lists go as one text with commas: serials and credit codes have none.

-- name: lines
-- The lines of these serials, in no order.
SELECT c.serial, c.shield_number, c.organisation, c.credit_code, c.common_name, c.role, c.state, c.holds, c.not_before,
  c.not_after, c.issued_at, c.person_id, p.id_type, p.id_number_box, a.phone
FROM certificates c JOIN filed_persons p ON p.id = c.person_id JOIN accounts a ON a.id = c.account_id
WHERE c.serial = ANY(string_to_array(:serials, ','));

-- name: of_enterprises
-- Over certificates_enterprise, of some thousands of enterprises at most.
SELECT c.issued_at AS at, c.serial FROM certificates c
WHERE c.credit_code = ANY(string_to_array(:credit_codes, ','))
  AND (c.issued_at, c.serial) < (:before_at, :before_serial) AND fits(c)
ORDER BY c.issued_at DESC, c.serial DESC LIMIT :page_size;
