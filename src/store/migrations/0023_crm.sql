-- The person a row describes is read again from its sealed cells when it is applied.
ALTER TABLE import_row DROP COLUMN parsed;
