-- name: expire!
UPDATE identity_requests SET state = 'expired', decided_at = :now WHERE state = 'waiting' AND expires_at <= :now;

-- name: insert!
INSERT INTO identity_requests (id, account_id, person_id, state, address, browser, asked_at, expires_at, reminded_at,
  seal_version, seal)
VALUES (:id, :account_id, :person_id, 'waiting', :address, :browser, :asked_at, :expires_at, :asked_at, 1, :seal);

-- name: newest^
-- The last request of an account, with the enterprise of the legal person.
SELECT r.id, r.person_id, r.state, r.asked_at, r.expires_at, r.reminded_at, r.decided_at, f.credit_code, e.name AS enterprise
FROM identity_requests r JOIN filed_persons f ON f.id = r.person_id JOIN enterprises e ON e.credit_code = f.credit_code
WHERE r.account_id = :account_id ORDER BY r.asked_at DESC, r.id DESC LIMIT 1;

-- name: withdraw!
UPDATE identity_requests SET state = 'withdrawn', decided_at = :now WHERE account_id = :account_id AND state = 'waiting';

-- name: remind!
UPDATE identity_requests SET reminded_at = :now WHERE account_id = :account_id AND state = 'waiting' AND reminded_at <= :before;

-- name: page
-- Requests to one enterprise, newest first; an empty state matches all.
SELECT sealed(identity_requests AS r), sealed(accounts AS a), sealed(filed_persons AS f), r.state, r.decided_at, a.id_number_box,
  (SELECT COUNT(*) FROM certificates c WHERE c.person_id = f.id AND NOT ended(c) AND c.state <> 'issued') AS shields
FROM identity_requests r JOIN accounts a ON a.id = r.account_id JOIN filed_persons f ON f.id = r.person_id
WHERE f.credit_code = :credit_code AND (r.state = :state OR :state = '') AND r.id < :before
ORDER BY r.id DESC LIMIT :page_size;

-- name: find^
SELECT sealed(identity_requests AS r), sealed(filed_persons AS f)
FROM identity_requests r JOIN filed_persons f ON f.id = r.person_id
WHERE r.id = :id AND f.credit_code = :credit_code;

-- name: decide!
UPDATE identity_requests SET state = :state, decided_at = :now, decided_by = :by
WHERE id = :id AND state = 'waiting' AND expires_at > :now;

-- name: counts
SELECT r.state, COUNT(*) AS requests FROM identity_requests r JOIN filed_persons f ON f.id = r.person_id
WHERE f.credit_code = :credit_code GROUP BY r.state;

-- name: legal_persons
-- The accounts of an enterprise's legal persons, as far as they are proven to be theirs.
SELECT DISTINCT a.id FROM filed_persons f
JOIN identity_proofs p ON p.person_id = f.id OR p.person_id IS NULL
JOIN accounts a ON a.id = p.account_id AND a.id_number_hash = f.id_number_hash AND a.state = 'active'
WHERE f.credit_code = :credit_code AND f.role = 'legal_person' AND f.ended_at IS NULL AND p.ended_at IS NULL
  AND p.counts_from <= :now;
