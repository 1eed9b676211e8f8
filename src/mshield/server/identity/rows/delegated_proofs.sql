-- name: of_person
-- Proofs by a shield's consent of all accounts of this account's person, each with the account that consented.
SELECT p.id, p.account_id, p.actor_id AS consented_by, b.name, b.phone, b.state, p.person_id, f.role, f.credit_code,
  e.name AS enterprise, p.proven_at, p.counts_from, p.ended_at
FROM accounts a JOIN accounts b ON b.id_number_hash = a.id_number_hash
JOIN identity_proofs p ON p.account_id = b.id AND p.way = 'own_shield'
JOIN filed_persons f ON f.id = p.person_id JOIN enterprises e ON e.credit_code = f.credit_code
WHERE a.id = :account_id ORDER BY p.proven_at, p.id;
