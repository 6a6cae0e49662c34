-- How far a batch is applied its job's cursor says; a new customer's id is made when the row is classified.
ALTER TABLE import_row DROP COLUMN applied;
