-- What the program itself needs: events, jobs, versions, nodes and cells. Written by event/, job/, profile/ and store/.
-- Facts in commit order; one stream per committing thread of a node. Kept 7 days.
CREATE TABLE outbox (
  node @int NOT NULL, stream @int NOT NULL, seq @int NOT NULL, kind @text NOT NULL, subject_id @int NOT NULL, cell_id @int NOT NULL,
  at_utc_ms @int NOT NULL, body @json NOT NULL, PRIMARY KEY (node, stream, seq)
) @strict;
CREATE INDEX outbox_at ON outbox (at_utc_ms);
-- The last number given in each stream.
CREATE TABLE outbox_stream (node @int NOT NULL, stream @int NOT NULL, seq @int NOT NULL, PRIMARY KEY (node, stream)) @strict;
-- How far each consumer has read each stream.
CREATE TABLE outbox_cursor (
  consumer @text NOT NULL, node @int NOT NULL, stream @int NOT NULL, seq @int NOT NULL, PRIMARY KEY (consumer, node, stream)
) @strict;
-- state: waiting, running, done, failed, cancelled. attempts: since the last progress. lease_n: counts leases; a stale one
-- cannot save. live_key: the key while unfinished, so that it is unique among those.
CREATE TABLE job (
  id @id PRIMARY KEY, kind @text NOT NULL, args @json NOT NULL, live_key @text, state @text NOT NULL, progress @text NOT NULL,
  done @int NOT NULL, total @int NOT NULL, attempts @int NOT NULL, run_after_utc_ms @int NOT NULL, lease_node @int, lease_until_utc_ms @int, lease_n @int NOT NULL,
  cancel_asked @int NOT NULL, error @json, by_id @int, cell_id @int NOT NULL, created_utc_ms @int NOT NULL, finished_utc_ms @int,
  UNIQUE (kind, live_key)
) @strict;
CREATE INDEX job_due ON job (state, run_after_utc_ms);
-- What people configure; a row never changes once it is in effect.
CREATE TABLE version (
  kind @text NOT NULL, key @text NOT NULL, n @int NOT NULL, valid_from_utc_ms @int NOT NULL, body @json NOT NULL, by_id @int,
  reason @text NOT NULL, made_utc_ms @int NOT NULL, PRIMARY KEY (kind, key, n)
) @strict;
-- Node numbers are the 10 bits in ids: two living processes never share one.
CREATE TABLE node (
  id @id PRIMARY KEY, owner @text NOT NULL, epoch @int NOT NULL, expires_utc_ms @int NOT NULL
) @strict;
-- Who runs a cell. A write for a cell carries the epoch; a stale one is refused.
CREATE TABLE lease (
  cell_id @id PRIMARY KEY, node @int NOT NULL, epoch @int NOT NULL, expires_utc_ms @int NOT NULL
) @strict;
