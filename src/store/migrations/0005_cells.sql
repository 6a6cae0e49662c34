-- Where people reach a node's page: told at log-in to those who belong to its cell.
ALTER TABLE node ADD COLUMN addr @text NOT NULL DEFAULT '';
-- How far each spool (a folder of one node) has been entered; moved in the commit that enters a record.
CREATE TABLE spool_entered (
  spool_id @id PRIMARY KEY, seq @int NOT NULL, at_utc_ms @int NOT NULL
) @strict;
