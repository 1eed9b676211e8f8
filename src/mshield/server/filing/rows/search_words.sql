-- name: count^
-- How many enterprises have a piece, up to `most`, in the order of the key: without it PostgreSQL reads the table for a common one.
SELECT COUNT(*) AS count FROM (SELECT 1 FROM enterprise_words WHERE word = :word ORDER BY credit_code LIMIT :most) pieces;

-- name: enterprises
-- Those that have it, and those that wait for their pieces and have the word.
SELECT credit_code FROM enterprise_words WHERE word = :word
UNION
SELECT credit_code FROM (SELECT credit_code, name FROM enterprises WHERE searched_version < version LIMIT :most) waiting
WHERE lower(name) LIKE CAST(:pattern AS TEXT) ESCAPE '!';

-- name: unsearched
SELECT credit_code, name, version FROM enterprises WHERE searched_version < version ORDER BY credit_code LIMIT :most;

-- name: add!
INSERT INTO enterprise_words (word, credit_code) VALUES (:word, :credit_code) ON CONFLICT (word, credit_code) DO NOTHING;

-- name: searched!
-- Another name may have come meanwhile: that one waits.
UPDATE enterprises SET searched_version = :version WHERE credit_code = :credit_code AND searched_version < :version;
