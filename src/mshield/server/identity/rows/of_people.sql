-- name: of_people
-- Proofs of the accounts of filed people of one enterprise, newest first: for their own record, or for the person in
-- general. Excludes proofs for the same person's records at other enterprises. `ids` are joined by commas.
SELECT f.id AS person_id, f.name AS filed_name, f.role, a.name AS account_name, a.phone, a.state AS account_state,
  p.person_id IS NULL AS of_person, p.way, p.actor, CASE WHEN p.actor_id = a.id THEN NULL ELSE b.name END AS actor_name,
  CASE WHEN p.way = 'own_shield' THEN b.phone END AS actor_phone,
  p.proven_at, p.counts_from, p.ended_at, p.ended_reason
FROM filed_persons f
JOIN accounts a ON a.id_number_hash = f.id_number_hash
JOIN identity_proofs p ON p.account_id = a.id AND (p.person_id = f.id OR p.person_id IS NULL)
LEFT JOIN accounts b ON b.id = p.actor_id AND p.actor IN ('user', 'legal_person')
WHERE f.credit_code = :credit_code AND f.id BETWEEN :first AND :last
  AND ',' || CAST(:ids AS TEXT) || ',' LIKE '%,' || f.id || ',%'
  AND (p.ended_at IS NULL OR CAST(:with_ended AS BOOLEAN))
ORDER BY p.proven_at DESC, p.id DESC;
