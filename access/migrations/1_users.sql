-- Times come from the program's clock, so that tests can move it.

-- A user's address has been proved: there is none before.
create table access.user (
    id text primary key,
    -- As it was typed, for letters and pages.
    email text not null,
    -- Lower case: what makes two addresses the same one.
    email_folded text not null unique,
    name text not null,
    -- An Argon2id hash as PHC text; none for who signs in without a password.
    password_phc text,
    created_at timestamptz not null,
    disabled_at timestamptz
);

-- Who is signed in, by the SHA-256 of the cookie's token.
create table access.session (
    token_sha256 bytea primary key check (octet_length(token_sha256) = 32),
    -- What lists call it, and how it is ended from another device.
    id text not null unique,
    user_id text not null references access.user (id),
    began_at timestamptz not null,
    used_at timestamptz not null,
    -- When password and second factor were last given: what is dangerous asks for them again.
    proved_at timestamptz not null,
    ends_at timestamptz not null,
    -- The password was right; until a second factor is given too, nobody is signed in.
    awaits_second boolean not null,
    address text not null,
    agent text not null
);

create index session_of_user on access.session (user_id);
create index session_ends on access.session (ends_at);

-- Links that were mailed, by the SHA-256 of what is secret in them. Each works once.
create table access.link (
    token_sha256 bytea primary key check (octet_length(token_sha256) = 32),
    -- 'sign_up': whoever opens it reads mail to that address, and may become a user; 'reset': and may choose a new password; 'email': and may
    -- have it as the new address.
    purpose text not null check (purpose in ('sign_up', 'reset', 'email')),
    -- Lower case for 'sign_up', so that two links to one address are seen to be.
    email text not null,
    -- Whose; none yet for 'sign_up'.
    user_id text references access.user (id),
    made_at timestamptz not null,
    ends_at timestamptz not null
);

create index link_of_user on access.link (user_id);
create index link_ends on access.link (ends_at);

-- Browsers that have signed in: they may still try where strangers have tried too often.
create table access.device (
    token_sha256 bytea not null check (octet_length(token_sha256) = 32),
    user_id text not null references access.user (id),
    used_at timestamptz not null,
    primary key (user_id, token_sha256)
);

-- How often something was tried lately, by the SHA-256 of what it was aimed at or came from. Unlogged: a crash forgives.
create unlogged table access.attempt (
    subject bytea primary key,
    count integer not null,
    ends_at timestamptz not null
);

create index attempt_ends on access.attempt (ends_at);

-- What a user may do on the platform, beside what organisations let their members do.
create table access.grant (
    user_id text not null references access.user (id),
    role text not null check (role in ('operator', 'editor', 'reviewer', 'translator', 'scorer')),
    granted_at timestamptz not null,
    primary key (user_id, role)
);

-- Who did what. It is only ever added to.
create table access.audit (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    -- 'user', 'key', 'operator' or 'system', and its id; the name as it was then.
    actor_kind text not null check (actor_kind in ('user', 'key', 'operator', 'system')),
    actor_id text not null,
    actor_name text not null,
    -- Whose matter it is; none for the platform's and for users' own.
    organisation_id text,
    -- 'key.revoke', and what it was done to: 'key_…'.
    action text not null,
    object text not null,
    -- Where from.
    address text not null,
    agent text not null,
    before jsonb,
    after jsonb
);

create index audit_organisation on access.audit (organisation_id, id);
create index audit_actor on access.audit (actor_id, id);

create function access.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is only ever added to';
end
$$;

create trigger audit_is_append_only before update or delete on access.audit
    for each row execute function access.refuse_change();
create trigger audit_is_never_emptied before truncate on access.audit
    for each statement execute function access.refuse_change();
