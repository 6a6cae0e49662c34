-- Trunks, campaigns and the facts of calling. trunk and call, leg, call_event, recording, attempt: call/; campaign, task: dialer/; agent_span: acd/.
CREATE TABLE trunk (
  id @id PRIMARY KEY, name @text NOT NULL, cfg @json NOT NULL, secret @bytes, secret_key_id @int, enabled @int NOT NULL, cell_id @int NOT NULL
) @strict;
-- The company's own numbers, as granted by the carrier; the only source of a caller number.
CREATE TABLE caller_number (
  id @id PRIMARY KEY, trunk_id @int NOT NULL, number @text NOT NULL, purpose @text NOT NULL, valid_from_utc_ms @int NOT NULL, valid_to_utc_ms @int
) @strict;
-- mode: manual, preview, progressive. state: draft, running, paused, ended.
CREATE TABLE campaign (
  id @id PRIMARY KEY, name @text NOT NULL, mode @text NOT NULL, state @text NOT NULL, unit_id @int NOT NULL, script_key @text NOT NULL,
  trunk_id @int, caller_number_id @int, purpose @text NOT NULL, ring_timeout_s @int NOT NULL, wrapup_limit_s @int NOT NULL,
  max_attempts @int NOT NULL, retry @json NOT NULL, created_utc_ms @int NOT NULL, by_id @int NOT NULL, cell_id @int NOT NULL
) @strict;
CREATE TABLE campaign_agent (campaign_id @int NOT NULL, person_id @int NOT NULL, PRIMARY KEY (campaign_id, person_id)) @strict;
-- One row per customer on a campaign's list. state: new, retry, done, blocked. reason: the verdict or result that decided.
CREATE TABLE task (
  id @id PRIMARY KEY, campaign_id @int NOT NULL, customer_id @int NOT NULL, phone_id @int NOT NULL, state @text NOT NULL, due_utc_ms @int NOT NULL,
  priority @int NOT NULL, attempts @int NOT NULL, agent_id @int, reason @text NOT NULL, created_utc_ms @int NOT NULL, UNIQUE (campaign_id, customer_id)
) @strict;
CREATE INDEX task_due ON task (campaign_id, state, priority, due_utc_ms, id);
CREATE INDEX task_customer ON task (customer_id);
-- Every try to call out on every path, made or refused, with the gate's verdict. invite_utc_ms NULL: nothing left the house.
-- outcome: see call/outcome.def. day: local yyyymmdd of created_utc_ms.
CREATE TABLE attempt (
  id @id PRIMARY KEY, call_id @int, campaign_id @int, task_id @int, customer_id @int NOT NULL, phone_id @int NOT NULL, number_hash @bytes NOT NULL,
  agent_id @int, unit_id @int NOT NULL, mode @text NOT NULL, trunk_id @int, caller_number_id @int, verdict @text NOT NULL, verdict_detail @json NOT NULL,
  policy_version @int NOT NULL, created_utc_ms @int NOT NULL, invite_utc_ms @int, end_utc_ms @int, outcome @text, sip_code @int, q850 @int,
  day @int NOT NULL, cell_id @int NOT NULL, epoch @int NOT NULL
) @strict;
CREATE INDEX attempt_hash ON attempt (number_hash, created_utc_ms);
CREATE INDEX attempt_customer ON attempt (customer_id, created_utc_ms);
CREATE INDEX attempt_open ON attempt (cell_id, end_utc_ms);
CREATE INDEX attempt_day ON attempt (day, unit_id);
-- What the gate refused, counted beside the figures.
CREATE INDEX attempt_blocked ON attempt (day) WHERE invite_utc_ms IS NULL;
-- One interaction: every outbound attempt that left the house, and every inbound call. The wide row that lists and figures read.
-- direction: out, in. state: live, ended. outcome as in attempt. audio: human, machine, unknown. ended_by: customer, agent, supervisor, system.
CREATE TABLE call (
  id @id PRIMARY KEY, direction @text NOT NULL, mode @text NOT NULL, state @text NOT NULL, attempt_id @int, campaign_id @int, task_id @int, customer_id @int, phone_id @int,
  number_mask @text NOT NULL, agent_id @int, unit_id @int NOT NULL, trunk_id @int, start_utc_ms @int NOT NULL, ring_utc_ms @int, answer_utc_ms @int,
  bridge_utc_ms @int, end_utc_ms @int, talk_ms @int NOT NULL, agent_talk_ms @int NOT NULL, hold_ms @int NOT NULL, hold_count @int NOT NULL,
  outcome @text, audio @text NOT NULL, ended_by @text, sip_code @int, q850 @int, script_key @text, script_version @int,
  result @text, grade @text, flags @int NOT NULL, wechat @text NOT NULL, deal_fen @int NOT NULL, wrapup_end_utc_ms @int,
  score_centi @int, score_verdict @text, day @int NOT NULL, cell_id @int NOT NULL
) @strict;
CREATE INDEX call_day ON call (day, unit_id, agent_id);
CREATE INDEX call_agent ON call (agent_id, start_utc_ms);
CREATE INDEX call_customer ON call (customer_id, start_utc_ms);
-- Everything the figures read of a call: a month is one pass over this index.
CREATE INDEX call_figure ON call (day, agent_id, unit_id, campaign_id, phone_id, direction, answer_utc_ms, audio, agent_talk_ms,
  result, wechat, deal_fen, attempt_id);
CREATE INDEX call_campaign ON call (campaign_id, day);
CREATE INDEX call_live ON call (state, cell_id);
CREATE TABLE leg (
  id @id PRIMARY KEY, call_id @int NOT NULL, kind @text NOT NULL, person_id @int, start_utc_ms @int NOT NULL, answer_utc_ms @int, end_utc_ms @int,
  sip_code @int, q850 @int, lost_packets @int, jitter_us @int
) @strict;
CREATE INDEX leg_call ON leg (call_id);
-- kind: ring, early, answer, bridge, hold, resume, mute, unmute, digit, transfer, listen, whisper, barge, lost, back, flag, remind, end.
CREATE TABLE call_event (
  id @id PRIMARY KEY, call_id @int NOT NULL, at_utc_ms @int NOT NULL, kind @text NOT NULL, by_id @int, detail @json NOT NULL
) @strict;
CREATE INDEX call_event_call ON call_event (call_id, at_utc_ms);
-- state: live, closed, cut (the process died; the file is good up to duration_ms), lost. answer_ms: where the conversation begins in the file.
CREATE TABLE recording (
  id @id PRIMARY KEY, call_id @int NOT NULL, path @text NOT NULL, state @text NOT NULL, started_utc_ms @int NOT NULL, answer_ms @int NOT NULL,
  duration_ms @int NOT NULL, bytes @int NOT NULL, gap_ms @int NOT NULL, cell_id @int NOT NULL
) @strict;
CREATE INDEX recording_call ON recording (call_id);
CREATE INDEX recording_state ON recording (state, cell_id);
-- lines: [{"at_ms":0,"end_ms":900,"side":"agent|customer","text":"…"}], ms from the start of the recording. source: practice (true by construction), asr.
CREATE TABLE transcript (call_id @id PRIMARY KEY, source @text NOT NULL, lines @json NOT NULL, made_utc_ms @int NOT NULL) @strict;
-- Every saving of a result, the latest one counts; the call row repeats what lists need. flags: 1 do not call, 2 not the person, 4 likely complaint.
CREATE TABLE result (
  id @id PRIMARY KEY, call_id @int NOT NULL, customer_id @int, agent_id @int, code @text NOT NULL, set_version @int NOT NULL, grade @text NOT NULL,
  flags @int NOT NULL, wechat @text NOT NULL, deal_fen @int NOT NULL, next_utc_ms @int, promise @text NOT NULL, note @text NOT NULL, by_system @int NOT NULL,
  by_id @int, saved_utc_ms @int NOT NULL, corrects_id @int, correct_reason @text
) @strict;
CREATE INDEX result_call ON result (call_id, saved_utc_ms);
CREATE TABLE agent_span (
  id @id PRIMARY KEY, person_id @int NOT NULL, unit_id @int NOT NULL, state @text NOT NULL, reason @text NOT NULL, campaign_id @int, call_id @int,
  from_utc_ms @int NOT NULL, to_utc_ms @int, day @int NOT NULL, cell_id @int NOT NULL
) @strict;
CREATE INDEX agent_span_day ON agent_span (day, person_id);
CREATE INDEX agent_span_open ON agent_span (cell_id, to_utc_ms);
CREATE TABLE missed_call (
  id @id PRIMARY KEY, call_id @int NOT NULL, customer_id @int, number_hash @bytes NOT NULL, mask @text NOT NULL, unit_id @int NOT NULL, agent_id @int,
  at_utc_ms @int NOT NULL, due_utc_ms @int NOT NULL, done_utc_ms @int, done_call_id @int, cell_id @int NOT NULL
) @strict;
CREATE INDEX missed_call_open ON missed_call (unit_id, done_utc_ms, due_utc_ms);
CREATE TABLE deal (
  id @id PRIMARY KEY, customer_id @int NOT NULL, call_id @int, agent_id @int NOT NULL, unit_id @int NOT NULL, amount_fen @int NOT NULL, at_utc_ms @int NOT NULL, day @int NOT NULL
) @strict;
CREATE INDEX deal_day ON deal (day, agent_id);
-- Whom an agent may look at beside his own customers: those on the lists he works on. For crm/'s scopes.
CREATE VIEW v_list_customer AS
  SELECT a.person_id AS person_id, t.customer_id AS customer_id FROM campaign_agent a JOIN task t ON t.campaign_id = a.campaign_id;
