-- A batch's rows by class, and how many may be dialed and why not the rest, without reading sealed cells.
CREATE INDEX import_row_class ON import_row (batch_id, class, row_no);
CREATE INDEX import_row_dial ON import_row (batch_id, dial_code);
