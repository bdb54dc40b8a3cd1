-- Who is signed in to score. A token is known by its hash alone; an expired row is deleted at the next sign-in.
create table server.scorer_session (
    token_sha256 bytea primary key,
    -- The secret key that was signed in with: when it is revoked, the session ends.
    key_id text not null,
    organisation_id text not null,
    created_at_ms bigint not null,
    expires_at_ms bigint not null
);

create index scorer_session_by_expiry on server.scorer_session (expires_at_ms);
