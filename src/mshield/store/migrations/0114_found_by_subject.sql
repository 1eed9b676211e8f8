-- Acts by what they are about, and SMS by the end of the number that they went to, each in the order of their times (ADR 129).
-- depends: 0113_account_search

CREATE INDEX IF NOT EXISTS acts_about ON acts (subject, id);

CREATE INDEX IF NOT EXISTS sms_log_end ON sms_log (substr(phone_masked, length(phone_masked) - 3), id);
