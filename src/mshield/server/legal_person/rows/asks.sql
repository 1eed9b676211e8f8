-- name: insert!
INSERT INTO shield_asks (id, account_id, credit_code, shield_number, kind, note, asked_at, expires_at, state, seal_version, seal)
VALUES (:id, :account_id, :credit_code, :shield_number, :kind, :note, :asked_at, :expires_at, 'waiting', 1, :seal);

-- name: expire!
UPDATE shield_asks SET state = 'expired', decided_at = expires_at WHERE state = 'waiting' AND expires_at <= :now;

-- name: settle_revoked!
-- What was requested was done without answering the request. Uses certificates_shield_end.
UPDATE shield_asks SET state = 'done', decided_at = :now WHERE state = 'waiting' AND kind = 'revoke'
  AND (credit_code = :credit_code OR account_id = :account_id)
  AND NOT EXISTS (SELECT 1 FROM certificates c WHERE c.shield_number = shield_asks.shield_number
    AND substr(c.shield_number, 10) = substr(shield_asks.shield_number, 10) AND NOT ended(c));

-- name: settle_lifted!
UPDATE shield_asks SET state = 'done', decided_at = :now WHERE state = 'waiting' AND kind = 'lift'
  AND (credit_code = :credit_code OR account_id = :account_id)
  AND NOT EXISTS (SELECT 1 FROM certificates c WHERE c.shield_number = shield_asks.shield_number
    AND substr(c.shield_number, 10) = substr(shield_asks.shield_number, 10) AND NOT ended(c)
    AND (c.holds LIKE '%lost%' OR c.holds LIKE '%frozen%'));

-- name: settle_lost!
UPDATE shield_asks SET state = 'done', decided_at = :now WHERE state = 'waiting' AND kind = 'report_loss'
  AND (credit_code = :credit_code OR account_id = :account_id)
  AND NOT EXISTS (SELECT 1 FROM certificates c WHERE c.shield_number = shield_asks.shield_number
    AND substr(c.shield_number, 10) = substr(shield_asks.shield_number, 10) AND NOT ended(c)
    AND c.holds NOT LIKE '%lost%');

-- name: of_enterprise
SELECT sealed(shield_asks AS r), r.state, r.decided_at, r.reason, a.name, a.phone
FROM shield_asks r JOIN accounts a ON a.id = r.account_id
WHERE r.credit_code = :credit_code AND (r.state = :state OR :state = '') AND r.id < :before
ORDER BY r.id DESC LIMIT :page_size;

-- name: of_account
SELECT sealed(shield_asks AS r), r.state, r.decided_at, r.reason, a.name, a.phone
FROM shield_asks r JOIN accounts a ON a.id = r.account_id
WHERE r.account_id = :account_id ORDER BY r.id DESC LIMIT :page_size;

-- name: find^
SELECT sealed(shield_asks AS r), r.state, r.decided_at, r.reason, a.name, a.phone
FROM shield_asks r JOIN accounts a ON a.id = r.account_id WHERE r.id = :id AND r.credit_code = :credit_code;

-- name: counts
SELECT state, COUNT(*) AS asks FROM shield_asks WHERE credit_code = :credit_code GROUP BY state;

-- name: end!
UPDATE shield_asks SET state = :state, decided_at = :now, decided_by = :by, reason = :reason
WHERE id = :id AND state = 'waiting' AND expires_at > :now;

-- name: withdraw!
UPDATE shield_asks SET state = 'withdrawn', decided_at = :now WHERE id = :id AND account_id = :account_id AND state = 'waiting';

-- name: own_shield
-- The states of the account's unended certificates of a shield.
SELECT c.credit_code, c.state, c.holds FROM certificates c
WHERE c.account_id = :account_id AND c.shield_number = :shield_number AND NOT ended(c);
