-- name: place_signature!
UPDATE signatures SET log_index = :log_index WHERE sid = :id AND log_index IS NULL;

-- name: place_event!
UPDATE certificate_events SET log_index = :log_index WHERE id = :id AND log_index IS NULL;

-- name: place_act!
UPDATE acts SET log_index = :log_index WHERE id = :id AND log_index IS NULL;

-- name: place_change!
UPDATE sealed_changes SET log_index = :log_index WHERE id = :id AND log_index IS NULL;

-- name: place_view!
UPDATE views SET log_index = :log_index WHERE id = :id AND log_index IS NULL;
