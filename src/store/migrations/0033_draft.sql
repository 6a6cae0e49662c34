-- The half-filled result form of a call, as the desk sent it last; gone once its result is saved. floor/.
CREATE TABLE call_draft (call_id @id PRIMARY KEY, person_id @int NOT NULL, form @json NOT NULL, saved_utc_ms @int NOT NULL) @strict;
