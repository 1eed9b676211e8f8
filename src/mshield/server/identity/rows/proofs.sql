-- name: of_account
-- All proofs of an account, newest first, each with its filing record.
SELECT p.person_id, p.way, p.actor, p.actor_id, p.proven_at, p.counts_from, p.ended_at, p.ended_reason,
  f.role, f.credit_code, e.name AS enterprise
FROM identity_proofs p LEFT JOIN filed_persons f ON f.id = p.person_id LEFT JOIN enterprises e ON e.credit_code = f.credit_code
WHERE p.account_id = :account_id ORDER BY p.proven_at DESC, p.id DESC;

-- name: standing
-- The proofs that decide whether an account may act for a filing record. A proof of the person in general is excluded
-- if another account of theirs was proven for this record earlier: a second account has fewer ways.
SELECT sealed(identity_proofs AS p) FROM identity_proofs p
WHERE p.account_id = :account_id AND p.ended_at IS NULL AND (p.person_id = :person_id OR (p.person_id IS NULL AND NOT EXISTS (
  SELECT 1 FROM accounts a JOIN accounts b ON b.id_number_hash = a.id_number_hash AND b.id <> a.id
  JOIN identity_proofs o ON o.account_id = b.id AND o.ended_at IS NULL AND o.person_id = :person_id AND o.proven_at <= p.proven_at
  WHERE a.id = p.account_id)));

-- name: vouched^
SELECT sealed(identity_proofs AS p) FROM identity_proofs p
WHERE p.account_id = :account_id AND p.way = :way AND p.person_id IS NULL AND p.ended_at IS NULL LIMIT 1;

-- name: others
-- Other accounts of the same person that are proven for this record or in general. Includes disabled ones: otherwise
-- disabling an account would bypass its right to object.
SELECT DISTINCT b.id FROM accounts a JOIN accounts b ON b.id_number_hash = a.id_number_hash AND b.id <> a.id
JOIN identity_proofs p ON p.account_id = b.id AND p.ended_at IS NULL AND (p.person_id = :person_id OR p.person_id IS NULL)
WHERE a.id = :account_id;

-- name: lock_person^
-- No-op: SQLite has one writer.
SELECT id FROM filed_persons WHERE id = :person_id;

-- name: insert!
INSERT INTO identity_proofs (id, account_id, person_id, way, actor, actor_id, proven_at, counts_from)
VALUES (:id, :account_id, :person_id, :way, :actor, :actor_id, :now, :counts_from);

-- name: by_filed_phone
-- Proofs by the filed number, each with the number on file now.
SELECT sealed(identity_proofs AS p), sealed(filed_persons AS f) FROM identity_proofs p JOIN filed_persons f ON f.id = p.person_id
WHERE p.account_id = :account_id AND p.way = 'filed_phone' AND p.ended_at IS NULL ORDER BY p.id;

-- name: by_other_number
SELECT p.id, p.person_id, p.account_id FROM identity_proofs p JOIN accounts a ON a.id = p.account_id
WHERE p.person_id = :person_id AND p.way = 'filed_phone' AND p.ended_at IS NULL AND a.phone <> :phone ORDER BY p.id;

-- name: end_one!
UPDATE identity_proofs SET ended_at = :now, ended_reason = :reason WHERE id = :id AND ended_at IS NULL;

-- name: end_waiting!
-- No-op if the proof is already valid.
UPDATE identity_proofs SET ended_at = :now, ended_reason = :reason WHERE id = :id AND ended_at IS NULL AND counts_from > :now;

-- name: second_accounts
-- Other accounts of the person whose proof isn't valid yet, for an account that was proven earlier for the same record
-- and whose proof is valid.
SELECT p.id, p.way, p.person_id, p.proven_at, p.counts_from, b.id AS account_id, b.phone, f.role, f.credit_code,
  e.name AS enterprise,
  NOT EXISTS (SELECT 1 FROM identity_proofs x WHERE x.account_id = b.id AND x.ended_reason = :objected
    AND (x.person_id = p.person_id OR (x.person_id IS NULL AND p.person_id IS NULL))) AS can_object
FROM accounts a JOIN accounts b ON b.id_number_hash = a.id_number_hash AND b.id <> a.id
JOIN identity_proofs p ON p.account_id = b.id AND p.ended_at IS NULL AND p.counts_from > :now
LEFT JOIN filed_persons f ON f.id = p.person_id LEFT JOIN enterprises e ON e.credit_code = f.credit_code
WHERE a.id = :account_id AND a.state = 'active' AND EXISTS (SELECT 1 FROM identity_proofs o
  WHERE o.account_id = a.id AND o.ended_at IS NULL AND o.counts_from <= :now AND o.proven_at < p.proven_at
    AND (o.person_id = p.person_id OR o.person_id IS NULL OR p.person_id IS NULL))
ORDER BY p.proven_at, p.id;

-- name: objected_at^
SELECT MAX(ended_at) AS at FROM identity_proofs
WHERE account_id = :account_id AND (person_id = :person_id OR person_id IS NULL) AND ended_reason = :objected;

-- name: objected
-- Accounts whose proof was recently objected to and that are neither disabled nor proven since, newest first.
SELECT a.id AS account_id, MAX(p.ended_at) AS at FROM identity_proofs p JOIN accounts a ON a.id = p.account_id
WHERE p.ended_reason = :objected AND p.ended_at > :since AND a.state = 'active'
  AND NOT EXISTS (SELECT 1 FROM identity_proofs s WHERE s.account_id = a.id AND s.ended_at IS NULL)
GROUP BY a.id ORDER BY MAX(p.ended_at) DESC LIMIT :most;

-- name: unended
SELECT id FROM identity_proofs WHERE account_id = :account_id AND way = :way AND ended_at IS NULL;

-- name: legal_persons
-- Filing records in which the account's holder is legal person, by their id number; the caller compares names.
SELECT sealed(accounts AS a), sealed(filed_persons AS f), sealed(enterprises AS e)
FROM accounts a JOIN filed_persons f ON f.id_number_hash = a.id_number_hash AND f.role = 'legal_person' AND f.ended_at IS NULL
JOIN enterprises e ON e.credit_code = f.credit_code
WHERE a.id = :account_id ORDER BY f.credit_code;

-- name: filed_phone^
SELECT sealed(filed_persons AS f) FROM filed_persons f WHERE f.id = :person_id;

-- name: has_filed_phone^
SELECT sealed(accounts AS a), sealed(filed_persons AS f) FROM accounts a JOIN filed_persons f ON f.id = :person_id
WHERE a.id = :account_id;
