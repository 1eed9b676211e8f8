-- name: count^
-- The number of enterprises with a piece, up to `most`, in the order of the key: without it PostgreSQL scans the table
-- for a common piece.
SELECT COUNT(*) AS count FROM (SELECT 1 FROM enterprise_words WHERE word = :word ORDER BY credit_code LIMIT :most) pieces;

-- name: enterprises
-- Enterprises that have the piece, and those whose pieces aren't written yet and whose name contains the word.
SELECT credit_code FROM enterprise_words WHERE word = :word
UNION
SELECT credit_code FROM (SELECT credit_code, name FROM enterprises WHERE searched_version < version LIMIT :most) waiting
WHERE lower(name) LIKE CAST(:pattern AS TEXT) ESCAPE '!';

-- name: unsearched
SELECT credit_code, name, version FROM enterprises WHERE searched_version < version ORDER BY credit_code LIMIT :most;

-- name: add!
INSERT INTO enterprise_words (word, credit_code) VALUES (:word, :credit_code) ON CONFLICT (word, credit_code) DO NOTHING;

-- name: searched!
-- No-op if the name changed meanwhile: that enterprise stays due.
UPDATE enterprises SET searched_version = :version WHERE credit_code = :credit_code AND searched_version < :version;
