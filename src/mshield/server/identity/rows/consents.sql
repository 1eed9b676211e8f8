-- name: insert!
INSERT INTO identity_consents (request_id, account_id, person_id, phone)
VALUES (:request_id, :account_id, :person_id, :phone);

-- name: of_request^
-- The request's document, and the key that accepted it.
SELECT t.sid, t.uid FROM identity_consents i JOIN tasks t ON t.request_id = i.request_id
WHERE i.request_id = :request_id AND t.uid IS NOT NULL;

-- name: refuse!
UPDATE identity_consents SET refused_at = :now WHERE request_id = :request_id;

-- name: refused_at^
-- When the person's phone last reported that somebody else requested a consent for this account.
SELECT MAX(refused_at) AS refused_at FROM identity_consents WHERE account_id = :account_id;

-- name: may_consent^
-- The consent that a document requests, if the key that accepted it may give it: its certificate is usable, belongs to
-- the same filing record and matches the present filing; the consent is for another account with the same id number,
-- and both accounts are unchanged. The caller compares names and proofs.
SELECT t.content, sealed(identity_consents AS i), sealed(keys AS k), sealed(filed_persons AS f), sealed(enterprises AS e),
  sealed(accounts AS a), sealed(accounts AS s), sealed(certificates AS c), sealed(tasks AS t)
FROM tasks t
JOIN identity_consents i ON i.request_id = t.request_id
JOIN keys k ON k.uid = t.uid
JOIN certificates c ON c.serial = k.certificate AND c.uid = k.uid AND usable(c) AND c.not_after > :now
JOIN filed_persons f ON f.id = i.person_id AND f.id = c.person_id AND f.ended_at IS NULL
JOIN enterprises e ON e.credit_code = f.credit_code AND f.version + e.version = c.filing_version
JOIN accounts a ON a.id = i.account_id AND a.state = 'active' AND a.phone = i.phone AND a.id_number_hash = f.id_number_hash
JOIN accounts s ON s.id = c.account_id AND s.state = 'active' AND s.id <> a.id AND s.id_number_hash = f.id_number_hash
WHERE t.sid = :sid AND t.uid = :uid AND t.purpose = 'consent';
