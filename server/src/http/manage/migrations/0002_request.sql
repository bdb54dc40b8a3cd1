-- Requests of partners' programs that had an Idempotency-Key, with the answer that each got, sealed: a key's text may be in it.
create table server.request (
    organisation_id text not null,
    idempotency_key text not null,
    -- Of method, path and body: what makes it the same request.
    sha256 bytea not null check (octet_length(sha256) = 32),
    made_at timestamptz not null,
    answer bytea,
    primary key (organisation_id, idempotency_key)
);

create index request_made on server.request (made_at);
