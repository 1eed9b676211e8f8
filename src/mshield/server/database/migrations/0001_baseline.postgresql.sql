-- The part of the baseline that only PostgreSQL needs; SQLite has no equivalent.

-- Rows that live for minutes and may be lost in a crash aren't written to the write-ahead log.
ALTER TABLE signing_sessions SET UNLOGGED;
ALTER TABLE oidc_authorizations SET UNLOGGED;
ALTER TABLE dpop_proofs SET UNLOGGED;

-- Fill factor in percent, which leaves room on the pages of rows that a signature changes: an update of no indexed
-- column then stays on its page and writes no index (heap-only tuples). A key's row is changed three times in each
-- login.
ALTER TABLE keys SET (fillfactor = 50);
ALTER TABLE requests SET (fillfactor = 70);
ALTER TABLE tasks SET (fillfactor = 70);

-- Vacuums tables that grow for years after one percent of dead rows. The default of a fifth of the table would be a
-- week of contents at ten million signatures a day.
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
