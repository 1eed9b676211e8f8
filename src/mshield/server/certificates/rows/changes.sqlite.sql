-- The steps of one transaction; PostgreSQL joins them into one statement.

-- name: activate!
-- The first signed certificate is the one; a second one made of the same reservation is thrown away.
UPDATE certificates SET der = :der, state = 'active', changed_at = :now
WHERE serial = :serial AND state = 'issued' AND der IS NULL;

-- name: certify_key!
-- A key's first certificate is the one in force for it; a later one is put in force by its renewal.
UPDATE keys SET state = 'certified', certificate = :serial, generation = generation + 1
WHERE uid = :uid AND state = 'confirmed';
