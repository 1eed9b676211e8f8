-- name: look^
-- Role and state of the server. Only users with pg_monitor see standbys and their lag.
SELECT pg_is_in_recovery() AS standby,
       current_setting('transaction_read_only') = 'on' AS read_only,
       (SELECT count(*) FROM pg_stat_replication WHERE replay_lag > interval '10 s') AS behind,
       (SELECT count(*) FROM pg_stat_replication
         WHERE state = 'streaming' AND application_name <> 'pg_basebackup') AS standbys;

-- name: write^
-- A commit that reaches the disk and the synchronous standby like any other, without a table.
SELECT pg_logical_emit_message(true, 'mshield', 'ready');
