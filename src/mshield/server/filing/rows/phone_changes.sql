-- name: accounts_of_numbers
-- Accounts of at most fifty people, by their id numbers, that are proven or have a shield; uses accounts_id_number.
SELECT a.id, a.name, a.phone, a.id_number_hash FROM accounts a
WHERE a.id_number_hash IN (
  :n0, :n1, :n2, :n3, :n4, :n5, :n6, :n7, :n8, :n9,
  :n10, :n11, :n12, :n13, :n14, :n15, :n16, :n17, :n18, :n19,
  :n20, :n21, :n22, :n23, :n24, :n25, :n26, :n27, :n28, :n29,
  :n30, :n31, :n32, :n33, :n34, :n35, :n36, :n37, :n38, :n39,
  :n40, :n41, :n42, :n43, :n44, :n45, :n46, :n47, :n48, :n49
) AND (
  EXISTS (SELECT 1 FROM identity_proofs p WHERE p.account_id = a.id AND p.ended_at IS NULL)
  OR EXISTS (SELECT 1 FROM certificates c WHERE c.account_id = a.id AND NOT ended(c)))
ORDER BY a.id;

-- name: insert!
INSERT INTO filed_phone_changes (id, person_id, account_id, approval_id, old_phone, new_phone, details, approved_at,
  effective_at, state)
VALUES (:id, :person_id, :account_id, :approval_id, :old_phone, :new_phone, :details, :now, :effective_at, 'waiting');

-- name: find^
SELECT id, person_id, account_id, approval_id, old_phone, new_phone, details, approved_at, effective_at, state,
  seal_version, seal
FROM filed_phone_changes WHERE id = :id;

-- name: waiting^
SELECT id, person_id, account_id, approval_id, old_phone, new_phone, details, approved_at, effective_at, state,
  seal_version, seal
FROM filed_phone_changes WHERE person_id = :person_id AND state = 'waiting';

-- name: waiting_people
SELECT person_id FROM filed_phone_changes WHERE state = 'waiting';

-- name: of_account
-- For an account that is by now proven to be that person's, for the record or in general.
SELECT w.id, w.person_id, w.account_id, w.approval_id, w.old_phone, w.new_phone, w.details, w.approved_at, w.effective_at,
  w.state, w.seal_version, w.seal
FROM accounts a JOIN filed_persons f ON f.id_number_hash = a.id_number_hash
JOIN filed_phone_changes w ON w.person_id = f.id AND w.state = 'waiting'
WHERE a.id = :account_id AND a.state = 'active' AND (
  EXISTS (SELECT 1 FROM identity_proofs p WHERE p.account_id = a.id AND p.ended_at IS NULL AND p.counts_from <= :now)
  OR EXISTS (SELECT 1 FROM certificates c WHERE c.account_id = a.id AND NOT ended(c)))
ORDER BY w.effective_at, w.id;

-- name: due
SELECT id FROM filed_phone_changes WHERE state = 'waiting' AND effective_at <= :now AND id > :after ORDER BY id LIMIT :most;

-- name: end!
-- Ends it once, and deletes the numbers, which are no longer needed.
UPDATE filed_phone_changes SET state = :state, ended_at = :now, old_phone = '', new_phone = ''
WHERE id = :id AND state = 'waiting';

-- name: person^
SELECT id, credit_code, name, id_type, role, phone, version, ended_at FROM filed_persons WHERE id = :id;
