-- name: analyse!
-- Of many new rows PostgreSQL knows nothing until autovacuum comes, a minute later or more, and plans searches as of few.
ANALYZE accounts, enterprise_words, enterprises, filed_persons;
