-- Customers, their numbers, imports, follow-up. Written by crm/; dnc and consent by gate/.
CREATE TABLE data_key (id @id PRIMARY KEY, wrapped @bytes NOT NULL, created_utc_ms @int NOT NULL, retired_utc_ms @int) @strict;
CREATE TABLE customer (
  id @id PRIMARY KEY, name @text NOT NULL, name_key @text NOT NULL, call_as @text NOT NULL, gender @text NOT NULL,
  grade @text NOT NULL, status @text NOT NULL, owner_id @int, unit_id @int NOT NULL, source @text NOT NULL, company @text NOT NULL,
  remark @text NOT NULL, batch_id @int, created_utc_ms @int NOT NULL, updated_utc_ms @int NOT NULL,
  attempts @int NOT NULL, answered @int NOT NULL, last_contact_utc_ms @int, last_result @text, last_agent_id @int,
  next_contact_utc_ms @int, next_promise @text, fields @json NOT NULL, cell_id @int NOT NULL
) @strict;
CREATE INDEX customer_owner ON customer (owner_id, next_contact_utc_ms);
CREATE INDEX customer_unit ON customer (unit_id, id);
CREATE INDEX customer_name ON customer (name_key);
CREATE TABLE contact (
  id @id PRIMARY KEY, customer_id @int NOT NULL, name @text NOT NULL, relation @text NOT NULL, created_utc_ms @int NOT NULL
) @strict;
CREATE INDEX contact_customer ON contact (customer_id);
CREATE TABLE phone (
  id @id PRIMARY KEY, customer_id @int NOT NULL, contact_id @int, enc @bytes NOT NULL, key_id @int NOT NULL,
  hash @bytes NOT NULL UNIQUE, tail4 @text NOT NULL, mask @text NOT NULL, kind @text NOT NULL,
  province @text NOT NULL, city @text NOT NULL, dead_utc_ms @int, created_utc_ms @int NOT NULL
) @strict;
CREATE INDEX phone_customer ON phone (customer_id);
CREATE INDEX phone_tail4 ON phone (tail4);
CREATE TABLE note (
  id @id PRIMARY KEY, customer_id @int NOT NULL, call_id @int, by_id @int NOT NULL, at_utc_ms @int NOT NULL, text @text NOT NULL
) @strict;
CREATE INDEX note_customer ON note (customer_id, at_utc_ms);
-- kind: promise (asked for by the customer), rhythm (grade), missed (call back), manual.
CREATE TABLE followup (
  id @id PRIMARY KEY, customer_id @int NOT NULL, owner_id @int NOT NULL, unit_id @int NOT NULL, kind @text NOT NULL, due_utc_ms @int NOT NULL,
  what @text NOT NULL, from_call_id @int, created_utc_ms @int NOT NULL, done_utc_ms @int, done_call_id @int
) @strict;
CREATE INDEX followup_owner ON followup (owner_id, done_utc_ms, due_utc_ms);
CREATE INDEX followup_customer ON followup (customer_id);
-- state: uploaded, classifying, classified, applying, done, failed, cancelled.
CREATE TABLE import_batch (
  id @id PRIMARY KEY, file_name @text NOT NULL, path @text NOT NULL, format @text NOT NULL, state @text NOT NULL, error @json,
  mapping @json NOT NULL, source @text NOT NULL, supplier @text NOT NULL, basis @text NOT NULL, purpose @text NOT NULL,
  proof_file @text NOT NULL, responsible_id @int, unit_id @int NOT NULL, campaign_id @int, by_id @int NOT NULL, created_utc_ms @int NOT NULL, applied_utc_ms @int,
  rows_total @int NOT NULL, rows_done @int NOT NULL, n_new @int NOT NULL, n_updated @int NOT NULL, n_duplicate @int NOT NULL,
  n_invalid @int NOT NULL, n_blocked @int NOT NULL, cell_id @int NOT NULL
) @strict;
-- class: new, updated, duplicate, invalid, blocked. The original cells may hold numbers, so they are sealed like phone.enc.
CREATE TABLE import_row (
  batch_id @int NOT NULL, row_no @int NOT NULL, class @text NOT NULL, reason @text NOT NULL, reason_args @json NOT NULL,
  original @bytes NOT NULL, key_id @int NOT NULL, parsed @bytes NOT NULL, customer_id @int, applied @int NOT NULL, dial_code @text NOT NULL,
  PRIMARY KEY (batch_id, row_no)
) @strict;
CREATE TABLE consent (
  id @id PRIMARY KEY, customer_id @int NOT NULL, batch_id @int, purpose @text NOT NULL, basis @text NOT NULL, channel @text NOT NULL,
  proof @text NOT NULL, given_utc_ms @int NOT NULL, expires_utc_ms @int, withdrawn_utc_ms @int
) @strict;
CREATE INDEX consent_customer ON consent (customer_id);
CREATE TABLE dnc (
  id @id PRIMARY KEY, hash @bytes NOT NULL UNIQUE, mask @text NOT NULL, reason @text NOT NULL, source @text NOT NULL, customer_id @int,
  call_id @int, by_id @int, at_utc_ms @int NOT NULL, expires_utc_ms @int
) @strict;
