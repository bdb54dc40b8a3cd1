-- What lists are filtered and ordered by, so that a match keeps its place in them whatever happens in it.
alter table server.match
    -- The first day of the set-up at midnight UTC, where it is a date.
    add column first_day_ms bigint,
    -- When it begins, as well as is known.
    add column begins_ms bigint not null
        generated always as (coalesce(starts_at_ms, first_day_ms, created_at_ms)) stored,
    -- live, upcoming, finished. The sandbox match is always live: a new game follows each result.
    add column status text not null
        generated always as (case when sandbox or phase in ('play', 'break', 'delayed') then 'live' else phase end) stored;

create index match_by_begin on server.match (begins_ms, id collate "C");
create index match_by_status on server.match (status, begins_ms, id collate "C");
create index match_sandbox on server.match (begins_ms, id collate "C") where sandbox;
drop index server.match_by_phase;
