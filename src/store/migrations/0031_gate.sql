-- The gate counts the calls of a caller number within the last day.
CREATE INDEX attempt_caller ON attempt (caller_number_id, created_utc_ms);
