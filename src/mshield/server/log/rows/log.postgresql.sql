-- Many rows in one statement; SQLite inserts them one by one.

-- name: place_signatures!
UPDATE signatures SET log_index = p.log_index
FROM unnest(:ids::bytea[], :log_indexes::bigint[]) AS p (id, log_index)
WHERE signatures.sid = p.id AND signatures.log_index IS NULL;

-- name: place_events!
UPDATE certificate_events SET log_index = p.log_index
FROM unnest(:ids::text[], :log_indexes::bigint[]) AS p (id, log_index)
WHERE certificate_events.id = p.id AND certificate_events.log_index IS NULL;

-- name: place_acts!
UPDATE acts SET log_index = p.log_index
FROM unnest(:ids::text[], :log_indexes::bigint[]) AS p (id, log_index)
WHERE acts.id = p.id AND acts.log_index IS NULL;

-- name: place_changes!
UPDATE sealed_changes SET log_index = p.log_index
FROM unnest(:ids::text[], :log_indexes::bigint[]) AS p (id, log_index)
WHERE sealed_changes.id = p.id AND sealed_changes.log_index IS NULL;

-- name: place_views!
UPDATE views SET log_index = p.log_index
FROM unnest(:ids::text[], :log_indexes::bigint[]) AS p (id, log_index)
WHERE views.id = p.id AND views.log_index IS NULL;
