-- The orders of the customer list, so that a page of a million is read by its index.
CREATE INDEX customer_recent ON customer (updated_utc_ms, id);
CREATE INDEX customer_owner_recent ON customer (owner_id, updated_utc_ms, id);
CREATE INDEX customer_next ON customer (COALESCE(next_contact_utc_ms, 9223372036854775807), id DESC);
