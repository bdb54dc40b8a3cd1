-- Countries and refusals by match as well, with the site and the mode of the key, as hours have them. The two tables before had neither; what
-- was in them is brought here, of no match. A process of the release before writes into them until it is replaced: its rows come here too, and
-- its own pages show no countries and no refusals meanwhile.

create table partners.usage_open (
    organisation_id text collate "C" not null,
    hour timestamptz not null,
    key_id text collate "C" not null,
    -- Empty where it is not known.
    match_id text collate "C" not null,
    -- ISO 3166-1; 'ZZ' where it is not known.
    country text collate "C" not null,
    -- Empty for keys of no site.
    site_id text collate "C" not null,
    mode text collate "C" not null check (mode in ('live', 'test')),
    opens bigint not null,
    primary key (organisation_id, hour, key_id, match_id, country)
) with (fillfactor = 70);

create index usage_open_hour on partners.usage_open (hour);

create table partners.usage_refused (
    -- None, as all that is said of the key, where the key is not known: then there is no origin either.
    organisation_id text collate "C",
    hour timestamptz not null,
    key_id text collate "C",
    -- Empty where it is not known, or where it was about no match; 'other' is any of those that are not told apart.
    match_id text collate "C" not null,
    -- The refusal's stable word.
    code text collate "C" not null,
    -- Empty where none was said; 'null' is what browsers say for pages without one; 'other' is any of those that are not told apart.
    origin text collate "C" not null,
    -- Empty for keys of no site.
    site_id text collate "C",
    mode text collate "C" check (mode in ('live', 'test')),
    count bigint not null,
    last_at timestamptz not null,
    unique nulls not distinct (organisation_id, hour, key_id, match_id, code, origin)
) with (fillfactor = 70);

create index usage_refused_hour on partners.usage_refused (hour);

create function partners.usage_country_moves() returns trigger language plpgsql as $$
begin
    insert into partners.usage_open as t (organisation_id, hour, key_id, match_id, country, site_id, mode, opens)
    select new.organisation_id, new.hour, new.key_id, '', new.country, coalesce(k.site_id, ''), coalesce(k.mode, 'live'), new.opens
    from (values (1)) as one left join partners.api_key k on k.id = new.key_id
    on conflict (organisation_id, hour, key_id, match_id, country) do update set opens = t.opens + excluded.opens;
    return null;
end $$;

create function partners.usage_refusal_moves() returns trigger language plpgsql as $$
begin
    insert into partners.usage_refused as t
        (organisation_id, hour, key_id, match_id, code, origin, site_id, mode, count, last_at)
    select new.organisation_id, new.hour, new.key_id, '', new.code, new.origin,
        case when new.key_id is not null then coalesce(k.site_id, '') end, k.mode, new.count, new.last_at
    from (values (1)) as one left join partners.api_key k on k.id = new.key_id
    on conflict (organisation_id, hour, key_id, match_id, code, origin) do update set
        count = t.count + excluded.count, last_at = greatest(t.last_at, excluded.last_at);
    return null;
end $$;

create trigger usage_country_moves before insert on partners.usage_country
    for each row execute function partners.usage_country_moves();
create trigger usage_refusal_moves before insert on partners.usage_refusal
    for each row execute function partners.usage_refusal_moves();

with gone as (delete from partners.usage_country returning *)
insert into partners.usage_open (organisation_id, hour, key_id, match_id, country, site_id, mode, opens)
select g.organisation_id, g.hour, g.key_id, '', g.country, coalesce(k.site_id, ''), coalesce(k.mode, 'live'), g.opens
from gone g left join partners.api_key k on k.id = g.key_id;

with gone as (delete from partners.usage_refusal returning *)
insert into partners.usage_refused (organisation_id, hour, key_id, match_id, code, origin, site_id, mode, count, last_at)
select g.organisation_id, g.hour, g.key_id, '', g.code, g.origin,
    case when g.key_id is not null then coalesce(k.site_id, '') end, k.mode, g.count, g.last_at
from gone g left join partners.api_key k on k.id = g.key_id;
