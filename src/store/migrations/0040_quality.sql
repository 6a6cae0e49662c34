-- Reviews of recordings. Written by quality/. Points are hundredths. state: draft, submitted. verdict: pass, fail.
-- raw_centi: what the points alone say; score_centi is 0 when a red line was crossed. fatal: keys of red lines, blank between.
CREATE TABLE review (
  id @id PRIMARY KEY, call_id @int NOT NULL, form_key @text NOT NULL, form_version @int NOT NULL, inspector_id @int NOT NULL, agent_id @int, unit_id @int NOT NULL,
  state @text NOT NULL, score_centi @int NOT NULL, raw_centi @int NOT NULL, max_centi @int NOT NULL, verdict @text NOT NULL, fatal @text NOT NULL, remark @text NOT NULL,
  created_utc_ms @int NOT NULL, saved_utc_ms @int NOT NULL, submitted_utc_ms @int, day @int NOT NULL, UNIQUE (call_id, form_key, inspector_id)
) @strict;
CREATE INDEX review_day ON review (day, unit_id);
CREATE INDEX review_call ON review (call_id);
-- A row for each item that is not at full marks. na: not applicable. source: inspector. from_ms..to_ms: the stretch of the recording a deduction is tied to; NULL: the whole call.
CREATE TABLE review_item (
  review_id @int NOT NULL, item_key @text NOT NULL, deduct_centi @int NOT NULL, na @int NOT NULL, from_ms @int, to_ms @int, remark @text NOT NULL, source @text NOT NULL,
  PRIMARY KEY (review_id, item_key)
) @strict;
