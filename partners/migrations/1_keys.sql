create table partners.organisation (
    id text primary key,
    name text not null,
    created_at timestamptz not null default now()
);

-- A key is never deleted and never revived: every process's memory of keys relies on it.
create table partners.api_key (
    id text primary key,
    organisation_id text not null references partners.organisation (id),
    kind text not null check (kind in ('pk', 'sk')),
    mode text not null check (mode in ('live', 'test')),
    name text not null,
    -- What lists show of a key. Its whole text is stored nowhere.
    prefix text not null,
    sha256 bytea not null unique check (octet_length(sha256) = 32),
    -- Normalised patterns; empty for secret keys.
    origins text[] not null,
    created_at timestamptz not null default now(),
    revoked_at timestamptz,
    last_used_at timestamptz
);

create index api_key_organisation on partners.api_key (organisation_id);
