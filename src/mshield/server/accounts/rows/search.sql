-- Accounts, for staff: ids in the order of registration, then the lines of these. Each statement of ids takes all words; those
-- that are null don't count, and the one that it is named after has the index.

-- name: everybody
-- Over the primary key.
SELECT a.id FROM accounts a
WHERE a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_id_number
-- Over accounts_id_number: a person has a few accounts at most.
SELECT a.id FROM accounts a
WHERE a.id_number_hash = :id_number_hash AND a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_surname
-- Over accounts_surname.
SELECT a.id FROM accounts a
WHERE substr(a.name, 1, 1) = :piece AND a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_name
-- Over accounts_name.
SELECT a.id FROM accounts a
WHERE substr(a.name, 1, 2) = :piece AND a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_given_name
-- By what stands behind the first character, over accounts_given_name.
SELECT a.id FROM accounts a
WHERE substr(a.name, 2, 2) = :piece AND a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_phone_end
-- Over accounts_phone_end; longer ends by the pattern.
SELECT a.id FROM accounts a
WHERE substr(a.phone, length(a.phone) - 3) = :piece AND a.phone LIKE CAST(:ending AS TEXT)
  AND a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_shield_end
-- Over certificates_shield_end and the primary key: whose shield it is or was.
SELECT DISTINCT a.id FROM certificates c JOIN accounts a ON a.id = c.account_id
WHERE substr(c.shield_number, 10) = :piece AND c.shield_number LIKE CAST(:ending AS TEXT)
  AND a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_enterprise
-- Over certificates_enterprise_account: who has or had a shield of it.
SELECT DISTINCT a.id FROM certificates c JOIN accounts a ON a.id = c.account_id
WHERE c.credit_code = :credit_code AND c.account_id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;

-- name: of_id_end
-- Over accounts_id_number_end: each number is opened and compared.
SELECT a.id FROM accounts a
WHERE a.id_number_end = :piece AND a.id > :after AND account_of(a)
ORDER BY a.id LIMIT :most;
