-- name: analyse!
-- Without this, PostgreSQL has no statistics of many new rows until autovacuum runs, a minute later or more, and plans
-- searches as if there were few.
ANALYZE accounts, enterprise_words, enterprises, filed_persons;
