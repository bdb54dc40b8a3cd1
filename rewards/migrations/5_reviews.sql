-- By what a fan has earned so far: who has that much is of this tier, which rules may give more.
create table rewards.tier (
    books text not null check (books in ('live', 'test')),
    name text not null,
    from_units bigint not null check (from_units > 0),
    primary key (books, name),
    unique (books, from_units)
);

-- Somebody has looked at what a fan does, and nothing is earned any more.
alter table rewards.fan add column blocked_at timestamptz;

create index trigger_of_device on rewards.trigger (device, at) where device is not null;
create index trigger_of_match on rewards.trigger (match_id, source) where match_id is not null;
create index grant_recent on rewards.grant (earned_at);

-- What looks as if it were not a fan's doing. People decide.
create table rewards.signal (
    number bigint generated always as identity primary key,
    books text not null check (books in ('live', 'test')),
    kind text not null check (kind in ('velocity', 'device')),
    -- A fan, or a device's hash.
    subject text not null,
    -- Counted from 1970-01-01.
    day int not null,
    -- How many there were, of what the kind counts, and the fans that it is about.
    count bigint not null,
    fans text[] not null,
    state text not null default 'open' check (state in ('open', 'cleared', 'blocked')),
    seen_at timestamptz not null,
    reviewed_by text,
    reviewed_at timestamptz,
    note text,
    unique (books, kind, subject, day),
    check ((state = 'open') = (reviewed_by is null) and (reviewed_by is null) = (reviewed_at is null))
);

create index signal_open on rewards.signal (seen_at desc) where state = 'open';

-- Minutes that a fan has watched of a match: one a minute at most, whatever is said and however many windows there are.
create table rewards.watched (
    fan_id text not null,
    match_id text not null,
    minutes int not null,
    primary key (fan_id, match_id)
);

alter table rewards.fan add column watched_at timestamptz;
