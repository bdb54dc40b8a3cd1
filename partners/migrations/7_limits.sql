-- What an organisation may use; one without a row has the defaults of the program.
create table partners.limits (
    organisation_id text primary key references partners.organisation (id),
    -- Of each secret key.
    secret_per_minute integer not null check (secret_per_minute between 1 and 600000),
    secret_burst integer not null check (secret_burst between 1 and 600000),
    -- Of each publishable key, which all visitors of a site share.
    publishable_per_minute integer not null check (publishable_per_minute between 1 and 600000),
    publishable_burst integer not null check (publishable_burst between 1 and 600000),
    -- From soft on somebody is told, at hard it ends. None where it is null.
    streams_soft bigint check (streams_soft >= 0),
    streams_hard bigint check (streams_hard >= streams_soft and streams_hard >= 0),
    stream_minutes_soft bigint check (stream_minutes_soft >= 0),
    stream_minutes_hard bigint check (stream_minutes_hard >= stream_minutes_soft and stream_minutes_hard >= 0),
    impressions_soft bigint check (impressions_soft >= 0),
    impressions_hard bigint check (impressions_hard >= impressions_soft and impressions_hard >= 0),
    -- The number of the last change.
    changed bigint not null
);

create index limits_changed on partners.limits (changed);

-- What a key may use where that is not what its organisation's keys may. A row stays once it is there, so that who follows changes hears of its end.
create table partners.key_limits (
    key_id text primary key references partners.api_key (id),
    organisation_id text not null references partners.organisation (id),
    per_minute integer check (per_minute between 1 and 600000),
    burst integer check (burst between 1 and 600000),
    streams_max bigint check (streams_max >= 0),
    changed bigint not null,
    check ((per_minute is null) = (burst is null))
);

create index key_limits_organisation on partners.key_limits (organisation_id);
create index key_limits_changed on partners.key_limits (changed);

-- Counts the changes of both, as partners.key_epoch does those of keys: whoever changes one holds this row until it commits.
create table partners.limits_epoch (
    is_only boolean primary key default true check (is_only),
    at bigint not null
);

insert into partners.limits_epoch (at) values (0);

-- Of what an organisation was told, so that it is told once a month.
create table partners.limits_told (
    organisation_id text not null references partners.organisation (id),
    kind text not null check (kind in ('streams', 'stream_minutes', 'impressions')),
    threshold text not null check (threshold in ('soft', 'hard')),
    -- '2026-11', in UTC.
    month text not null check (month ~ '^[0-9]{4}-[0-9]{2}$'),
    at timestamptz not null,
    primary key (organisation_id, kind, threshold, month)
);
