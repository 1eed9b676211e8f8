-- name: ping^
-- Returns when the database answers.
SELECT 1 AS answer;
