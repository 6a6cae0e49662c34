-- Organisation, people, sessions and the audit log. Written by team/ and auth/.
CREATE TABLE org_unit (
  id @id PRIMARY KEY, parent_id @int, kind @text NOT NULL, name @text NOT NULL, name_key @text NOT NULL,
  cell_id @int NOT NULL, created_utc_ms @int NOT NULL, closed_utc_ms @int
) @strict;
CREATE TABLE person (
  id @id PRIMARY KEY, job_no @text NOT NULL UNIQUE, name @text NOT NULL, name_key @text NOT NULL,
  role @text NOT NULL, unit_id @int NOT NULL, lang @text NOT NULL, station_kind @text NOT NULL, station_uri @text,
  created_utc_ms @int NOT NULL, left_utc_ms @int, cell_id @int NOT NULL
) @strict;
CREATE INDEX person_unit ON person (unit_id);
-- Which teams a supervisor or inspector looks after beside the own one, in time.
CREATE TABLE person_scope (
  id @id PRIMARY KEY, person_id @int NOT NULL, unit_id @int NOT NULL, from_utc_ms @int NOT NULL, to_utc_ms @int
) @strict;
CREATE INDEX person_scope_person ON person_scope (person_id);
CREATE TABLE login (
  person_id @id PRIMARY KEY, pw_hash @text NOT NULL, failed @int NOT NULL, changed_utc_ms @int NOT NULL
) @strict;
CREATE TABLE session (
  id @id PRIMARY KEY, token_hash @bytes NOT NULL UNIQUE, person_id @int NOT NULL, created_utc_ms @int NOT NULL,
  seen_utc_ms @int NOT NULL, expires_utc_ms @int NOT NULL, addr @text NOT NULL, user_agent @text NOT NULL,
  ended_utc_ms @int, ended_by @text, replaced_by @int, confirmed_utc_ms @int
) @strict;
CREATE INDEX session_person ON session (person_id, ended_utc_ms);
CREATE TABLE one_time_link (
  token_hash @bytes PRIMARY KEY, person_id @int NOT NULL, purpose @text NOT NULL, expires_utc_ms @int NOT NULL, used_utc_ms @int
) @strict;
CREATE TABLE audit (
  id @id PRIMARY KEY, at_utc_ms @int NOT NULL, person_id @int, unit_id @int, action @text NOT NULL,
  subject_kind @text NOT NULL, subject_id @int, addr @text NOT NULL, detail @json NOT NULL
) @strict;
CREATE INDEX audit_at ON audit (at_utc_ms);
-- Every unit below a unit, itself with depth 0; kept by team/ in the commit that makes or moves a unit.
CREATE TABLE unit_below (
  unit_id @int NOT NULL, below_id @int NOT NULL, depth @int NOT NULL, PRIMARY KEY (unit_id, below_id)
) @strict;
CREATE VIEW v_scope_unit AS
  SELECT p.id AS person_id, b.below_id AS unit_id FROM person p JOIN unit_below b ON b.unit_id = p.unit_id
  UNION SELECT s.person_id, b.below_id FROM person_scope s JOIN unit_below b ON b.unit_id = s.unit_id WHERE s.to_utc_ms IS NULL;
