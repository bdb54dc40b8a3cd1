-- Who may do what for an organisation. Users are the crate access's.
create table partners.member (
    organisation_id text not null references partners.organisation (id),
    user_id text not null,
    role text not null check (role in ('owner', 'admin', 'developer', 'analyst', 'billing')),
    since timestamptz not null,
    primary key (organisation_id, user_id)
);

create index member_user on partners.member (user_id);

-- Who is asked to become a member, by the SHA-256 of what is secret in the letter's link.
create table partners.invite (
    id text primary key,
    organisation_id text not null references partners.organisation (id),
    email text not null,
    email_folded text not null,
    role text not null check (role in ('owner', 'admin', 'developer', 'analyst', 'billing')),
    token_sha256 bytea not null unique check (octet_length(token_sha256) = 32),
    made_at timestamptz not null,
    ends_at timestamptz not null,
    unique (organisation_id, email_folded)
);

-- A website of an organisation: the origins that its publishable keys are good for.
create table partners.site (
    id text primary key,
    organisation_id text not null references partners.organisation (id),
    name text not null,
    -- Normalised patterns.
    origins text[] not null,
    created_at timestamptz not null,
    removed_at timestamptz
);

create index site_organisation on partners.site (organisation_id);

-- Where a key belongs to a site its origins are a copy of the site's: what checks a key reads keys alone.
alter table partners.api_key
    add column site_id text references partners.site (id),
    -- What a secret key may do; those of before could do all there was.
    add column scopes text[] not null default '{}',
    add column expires_at timestamptz,
    -- The key that this one was made to take the place of.
    add column succeeds text references partners.api_key (id);

update partners.api_key set scopes = '{feed,read}' where kind = 'sk';

create index api_key_site on partners.api_key (site_id);
