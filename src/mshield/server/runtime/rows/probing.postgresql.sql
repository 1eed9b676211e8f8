-- name: look^
-- Who the database is. Only users with pg_monitor see standbys and how they lag.
SELECT pg_is_in_recovery() AS standby,
       current_setting('transaction_read_only') = 'on' AS read_only,
       (SELECT count(*) FROM pg_stat_replication WHERE replay_lag > interval '10 s') AS behind,
       (SELECT count(*) FROM pg_stat_replication
         WHERE state = 'streaming' AND application_name <> 'pg_basebackup') AS standbys;

-- name: write^
-- A commit that reaches the disk and the synchronous standby as any other, and no table.
SELECT pg_logical_emit_message(true, 'mshield', 'ready');
