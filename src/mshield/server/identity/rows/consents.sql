-- name: insert!
INSERT INTO identity_consents (request_id, account_id, person_id, phone)
VALUES (:request_id, :account_id, :person_id, :phone);

-- name: of_request^
-- Its document, and the key that it was handed to.
SELECT t.sid, t.uid FROM identity_consents i JOIN tasks t ON t.request_id = i.request_id
WHERE i.request_id = :request_id AND t.uid IS NOT NULL;

-- name: refuse!
UPDATE identity_consents SET refused_at = :now WHERE request_id = :request_id;

-- name: refused_at^
-- When the person's phone last said that somebody else asks for this account.
SELECT MAX(refused_at) AS refused_at FROM identity_consents WHERE account_id = :account_id;

-- name: may_consent^
-- The consent that a document asks for, where the key that it was handed to may give it: its certificate can be used, is of
-- the same filing record, and says what is on file now; its account is another one of the same id number, and both are
-- as they were. Names and proofs are compared by the caller.
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
