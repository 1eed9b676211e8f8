-- name: keep!
-- Keeps the last one of an hour; of two processes, that of the larger log.
INSERT INTO checkpoint_cosignatures (origin, witness, hour, size, checkpoint, line)
VALUES (:origin, :witness, :hour, :size, :checkpoint, :line)
ON CONFLICT (origin, witness, hour) DO UPDATE SET size = excluded.size, checkpoint = excluded.checkpoint, line = excluded.line
WHERE checkpoint_cosignatures.size <= excluded.size;

-- name: last_size^
SELECT MAX(size) AS size FROM checkpoint_cosignatures WHERE origin = :origin AND witness = :witness;

-- name: newest_size^
SELECT MAX(size) AS size FROM checkpoint_cosignatures WHERE origin = :origin;

-- name: first_size^
-- The size of the first checkpoint with the entry.
SELECT MIN(size) AS size FROM checkpoint_cosignatures WHERE origin = :origin AND size > :log_index;

-- name: of_size
SELECT checkpoint, line FROM checkpoint_cosignatures WHERE origin = :origin AND size = :size ORDER BY witness, hour;
