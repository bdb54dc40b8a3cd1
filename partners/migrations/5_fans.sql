-- What fan ids are made with, so that nobody who sees some of them can try user ids until one fits. It is not sealed: fan ids have to outlive
-- every key that seals. A salt is never changed.
create table partners.fan_salt (
    organisation_id text not null references partners.organisation (id),
    mode text not null check (mode in ('live', 'test')),
    salt bytea not null check (octet_length(salt) = 32),
    primary key (organisation_id, mode)
);

-- What partners' servers sign their users' ids with. A secret is never deleted and never revived, and its end only comes closer: every
-- process's memory of secrets relies on it.
create table partners.fan_secret (
    id text primary key,
    organisation_id text not null,
    mode text not null,
    -- Its text, which has to be read again: signatures cannot be checked by a hash.
    sealed bytea not null,
    made_at timestamptz not null,
    -- Since it was rotated away: until when it is good.
    ends_at timestamptz,
    revoked_at timestamptz,
    -- The number of the last change.
    changed bigint not null,
    foreign key (organisation_id, mode) references partners.fan_salt (organisation_id, mode)
);

create index fan_secret_organisation on partners.fan_secret (organisation_id, mode);
create index fan_secret_changed on partners.fan_secret (changed);

-- Counts the changes of secrets, as partners.key_epoch does those of keys: whoever changes one holds this row until it commits.
create table partners.fan_epoch (
    is_only boolean primary key default true check (is_only),
    at bigint not null
);

insert into partners.fan_epoch (at) values (0);
