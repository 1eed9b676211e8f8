-- Acts by what they are about and by their kind, SMS by the end of the number that they went to and by what became of them,
-- each in the order of their times (ADR 129).
-- depends: 0113_account_search

CREATE INDEX IF NOT EXISTS acts_about ON acts (subject, id);

CREATE INDEX IF NOT EXISTS acts_kind ON acts (act, id);

CREATE INDEX IF NOT EXISTS sms_log_end ON sms_log (substr(phone_masked, length(phone_masked) - 3), id);

CREATE INDEX IF NOT EXISTS sms_log_unsent ON sms_log (state, id) WHERE state <> 'sent';
