-- What PostgreSQL alone needs of the baseline; SQLite has nothing like it.

-- Rows that live for minutes and that a crash may take stay out of the write-ahead log.
ALTER TABLE signing_sessions SET UNLOGGED;
ALTER TABLE oidc_authorizations SET UNLOGGED;
ALTER TABLE dpop_proofs SET UNLOGGED;

-- Room on the pages of what a signature changes, in percent filled at first: an update of no indexed column then stays on
-- its page and writes no index (heap-only tuples). A key's row is changed three times in each login.
ALTER TABLE keys SET (fillfactor = 50);
ALTER TABLE requests SET (fillfactor = 70);
ALTER TABLE tasks SET (fillfactor = 70);

-- Tables that grow for years are vacuumed by hundredths. By default it begins once a fifth of a table is dead: with ten
-- million signatures a day that is a week of contents.
ALTER TABLE requests SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000,
  autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE tasks SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000,
  autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02,
  toast.autovacuum_vacuum_scale_factor = 0.01, toast.autovacuum_vacuum_threshold = 10000);
ALTER TABLE signatures SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000,
  autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE time_stamps SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000,
  autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE certificate_events SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000,
  autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE acts SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000,
  autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE sealed_changes SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000,
  autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
