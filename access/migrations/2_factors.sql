-- A second factor: an app that shows a code of six digits every 30 seconds (RFC 6238).
create table access.totp (
    user_id text primary key references access.user (id),
    -- The shared secret, as store::Seal made it.
    sealed bytea not null,
    made_at timestamptz not null,
    -- Asked for at sign-in from then on: the first code proved that the app has it.
    confirmed_at timestamptz,
    -- The time step of the last code taken: none is taken twice.
    last_step bigint not null default 0
);

-- For who has lost the app: each works once.
create table access.recovery_code (
    user_id text not null references access.user (id),
    code_sha256 bytea not null check (octet_length(code_sha256) = 32),
    used_at timestamptz,
    primary key (user_id, code_sha256)
);
