-- Account search for staff: first the ids in the order of registration, then their result lines. Each statement that
-- returns ids applies all search words; a null word matches everything, and the word in the statement's name uses an
-- index.

-- name: everybody
-- Uses the primary key.
SELECT a.id FROM accounts a
WHERE a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_id_number
-- Uses accounts_id_number: a person has a few accounts at most.
SELECT a.id FROM accounts a
WHERE a.id_number_hash = :id_number_hash AND a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_surname
-- Uses accounts_surname.
SELECT a.id FROM accounts a
WHERE substr(a.name, 1, 1) = :piece AND a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_name
-- Uses accounts_name.
SELECT a.id FROM accounts a
WHERE substr(a.name, 1, 2) = :piece AND a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_given_name
-- Finds the characters after the first one; uses accounts_given_name.
SELECT a.id FROM accounts a
WHERE substr(a.name, 2, 2) = :piece AND a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_phone_end
-- Uses accounts_phone_end; more than four digits are matched by the pattern.
SELECT a.id FROM accounts a
WHERE substr(a.phone, length(a.phone) - 3) = :piece AND a.phone LIKE CAST(:ending AS TEXT)
  AND a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_shield_end
-- Uses certificates_shield_end and the primary key: finds present and former holders of the shield.
SELECT DISTINCT a.id FROM certificates c JOIN accounts a ON a.id = c.account_id
WHERE substr(c.shield_number, 10) = :piece AND c.shield_number LIKE CAST(:ending AS TEXT)
  AND a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_enterprise
-- Uses certificates_enterprise_account: finds those who have or had a shield of the enterprise.
SELECT DISTINCT a.id FROM certificates c JOIN accounts a ON a.id = c.account_id
WHERE c.credit_code = :credit_code AND c.account_id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_id_end
-- Uses accounts_id_number_end; the caller decrypts and compares each number.
SELECT a.id FROM accounts a
WHERE a.id_number_end = :piece AND a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;
