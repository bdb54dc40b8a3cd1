-- What authenticators call a user: random, so that it says nothing about the person (WebAuthn §14.6.1), and never changed, since they keep it.
create table access.passkey_owner (
    user_id text primary key references access.user (id),
    handle uuid not null unique
);

-- A key pair of which the authenticator has the private half.
create table access.passkey (
    -- What lists call it.
    id text primary key,
    user_id text not null references access.passkey_owner (user_id),
    -- What the authenticator calls it.
    credential_id bytea not null unique,
    -- Public key, counter and backup state, as webauthn-rs's Passkey has them.
    credential jsonb not null,
    -- What its owner calls it: 'MacBook'.
    name text not null,
    made_at timestamptz not null,
    used_at timestamptz
);

create index passkey_of_user on access.passkey (user_id);

-- What authenticators were asked to sign, by the SHA-256 of the token that comes back with the answer. Each counts once. Unlogged: after a crash
-- they are begun anew.
create unlogged table access.passkey_ceremony (
    token_sha256 bytea primary key check (octet_length(token_sha256) = 32),
    purpose text not null check (purpose in ('register', 'sign_in')),
    -- Whose; none yet where the passkey itself is to say who signs in.
    user_id text references access.user (id),
    -- The challenge and what else the answer is held against.
    state jsonb not null,
    ends_at timestamptz not null,
    check (user_id is not null or purpose = 'sign_in')
);

create index passkey_ceremony_ends on access.passkey_ceremony (ends_at);
