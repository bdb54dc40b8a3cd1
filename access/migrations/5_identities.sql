-- Who a user is at an identity provider (OpenID Connect Core 1.0 §5.7: issuer and subject together, and nothing else, say who).
create table access.identity (
    issuer text not null,
    subject text not null,
    -- What lists call it.
    id text not null unique,
    user_id text not null references access.user (id),
    -- The address that the provider knew when it was linked, so that its owner knows which it is; null where it said none.
    email text,
    linked_at timestamptz not null,
    used_at timestamptz,
    primary key (issuer, subject)
);

create index identity_of_user on access.identity (user_id);

-- Who was sent to a provider, or has come back and is to choose a name, by the SHA-256 of the cookie's token. Each counts once. Unlogged: after a
-- crash they are begun anew.
create unlogged table access.identity_ceremony (
    token_sha256 bytea primary key check (octet_length(token_sha256) = 32),
    purpose text not null check (purpose in ('sign_in', 'link', 'sign_up')),
    -- What the configuration calls it.
    provider text not null,
    -- Whose account is to be linked.
    user_id text references access.user (id),
    -- Who the provider said it is, for 'sign_up'.
    person jsonb,
    ends_at timestamptz not null,
    check ((purpose = 'link') = (user_id is not null)),
    check ((purpose = 'sign_up') = (person is not null))
);

create index identity_ceremony_ends on access.identity_ceremony (ends_at);
