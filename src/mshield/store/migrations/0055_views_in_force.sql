-- How often a system's views were changed is asked with each of its requests: read from this index alone.
-- depends: 0054_time_stamps

CREATE INDEX views_in_force ON views (client_id, withdrawn_at);
