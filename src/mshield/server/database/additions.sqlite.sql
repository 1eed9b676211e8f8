-- name: additions
SELECT type AS kind, name FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY 1, 2 LIMIT 100;
