-- Answers of human checks that were shown, by their SHA-256: none counts twice, whichever process is shown it. What is too old to count anyway
-- is forgotten.
create table access.human_seen (
    token_sha256 bytea primary key check (octet_length(token_sha256) = 32),
    ends_at timestamptz not null
);

create index human_seen_ends on access.human_seen (ends_at);
