-- What was used, by the hour (UTC). Times come from the program's clock, so that tests can move it. All counts are only ever added to. Nothing
-- here refers to other tables: a count that cannot be written would keep those after it from being written.

-- The last batch that a process has written, in the same transaction as what was in it: a batch that is written again changes nothing.
create table partners.usage_flush (
    process text collate "C" primary key,
    number bigint not null,
    at timestamptz not null
);

create index usage_flush_at on partners.usage_flush (at);

create table partners.usage_hour (
    organisation_id text collate "C" not null,
    hour timestamptz not null,
    key_id text collate "C" not null,
    match_id text collate "C" not null,
    -- Empty for keys of no site.
    site_id text collate "C" not null,
    mode text not null check (mode in ('live', 'test')),
    impressions bigint not null,
    opens bigint not null,
    -- Milliseconds for which streams were open, of all of them together.
    stream_ms bigint not null,
    -- Updates, times the streams that they were sent to.
    updates bigint not null,
    primary key (organisation_id, hour, key_id, match_id)
) with (fillfactor = 70);

create index usage_hour_hour on partners.usage_hour (hour);

create table partners.usage_country (
    organisation_id text collate "C" not null,
    hour timestamptz not null,
    key_id text collate "C" not null,
    -- ISO 3166-1; 'ZZ' where it is not known.
    country text collate "C" not null,
    opens bigint not null,
    primary key (organisation_id, hour, key_id, country)
) with (fillfactor = 70);

create index usage_country_hour on partners.usage_country (hour);

-- Milliseconds for which streams were open within a minute: of an organisation (part ''), a mode, a site, a key, a match, or a match with one
-- key ('key_… mat_…'). Kept for as long as processes may still add to a minute.
create table partners.usage_minute (
    organisation_id text collate "C" not null,
    minute timestamptz not null,
    kind text collate "C" not null check (kind in ('organisation', 'mode', 'site', 'key', 'match', 'line')),
    part text collate "C" not null,
    stream_ms bigint not null,
    primary key (organisation_id, minute, kind, part)
) with (fillfactor = 70);

create index usage_minute_minute on partners.usage_minute (minute);

-- The same, of the busiest minute of an hour.
create table partners.usage_peak (
    organisation_id text collate "C" not null,
    hour timestamptz not null,
    kind text collate "C" not null check (kind in ('organisation', 'mode', 'site', 'key', 'match', 'line')),
    part text collate "C" not null,
    stream_ms bigint not null,
    primary key (organisation_id, hour, kind, part)
) with (fillfactor = 70);

create index usage_peak_hour on partners.usage_peak (hour);

create table partners.usage_refusal (
    -- None, as the key, where the key is not known: then there is no origin either.
    organisation_id text collate "C",
    hour timestamptz not null,
    key_id text collate "C",
    -- The refusal's stable word.
    code text collate "C" not null,
    -- Empty where none was said; 'null' is what browsers say for pages without one; 'other' is any of those that are not told apart.
    origin text collate "C" not null,
    count bigint not null,
    last_at timestamptz not null,
    unique nulls not distinct (organisation_id, hour, key_id, code, origin)
) with (fillfactor = 70);

create index usage_refusal_hour on partners.usage_refusal (hour);

-- Where a key is used.
create table partners.key_origin (
    organisation_id text collate "C" not null,
    key_id text collate "C" not null,
    origin text collate "C" not null,
    first_used_at timestamptz not null,
    last_used_at timestamptz not null,
    uses bigint not null,
    primary key (organisation_id, key_id, origin)
) with (fillfactor = 70);

create index key_origin_last_used on partners.key_origin (last_used_at);
