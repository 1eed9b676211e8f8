-- name: additions
-- Objects that may change a row as it is written or replace a table, except those that belong to extensions.
SELECT 'trigger' AS kind, c.relname || '.' || t.tgname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace = CAST(CAST(current_schema() AS text) AS regnamespace)
UNION ALL SELECT 'event trigger', evtname FROM pg_event_trigger
UNION ALL SELECT 'rule', tablename || '.' || rulename FROM pg_rules WHERE schemaname = current_schema()
UNION ALL SELECT 'policy', tablename || '.' || policyname FROM pg_policies WHERE schemaname = current_schema()
UNION ALL SELECT 'function', p.proname FROM pg_proc p
WHERE p.pronamespace = CAST(CAST(current_schema() AS text) AS regnamespace)
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL SELECT 'view', c.relname FROM pg_class c
WHERE c.relnamespace = CAST(CAST(current_schema() AS text) AS regnamespace) AND c.relkind IN ('v', 'm', 'f')
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
UNION ALL SELECT 'default', c.relname || '.' || a.attname FROM pg_attrdef v JOIN pg_class c ON c.oid = v.adrelid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = v.adnum
WHERE c.relnamespace = CAST(CAST(current_schema() AS text) AS regnamespace)
  AND pg_get_expr(v.adbin, v.adrelid) LIKE '%(%' AND pg_get_expr(v.adbin, v.adrelid) NOT LIKE 'nextval(%'
UNION ALL SELECT 'table of the same name', n.nspname || '.' || c.relname FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND c.relnamespace <> CAST(CAST(current_schema() AS text) AS regnamespace)
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND EXISTS (SELECT 1 FROM pg_class o WHERE o.relname = c.relname AND o.relnamespace = CAST(CAST(current_schema() AS text) AS regnamespace))
ORDER BY 1, 2 LIMIT 100;
