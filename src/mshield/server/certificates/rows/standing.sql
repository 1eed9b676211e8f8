-- name: events
SELECT event, state, holds, at, revocation_reason FROM certificate_events WHERE serial = :serial ORDER BY id;
