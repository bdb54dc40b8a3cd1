create function rewards.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are never changed', tg_table_name using errcode = 'restrict_violation';
end $$;

create table rewards.campaign (
    -- "cmp_…"
    id text primary key,
    books text not null check (books in ('live', 'test')),
    -- Whose fans it is for; all fans', where it is the house's own.
    organisation_id text,
    name text not null,
    -- The version by which triggers are judged; none before it goes live, or where it is paused.
    live_version int,
    made_at timestamptz not null
);

create index campaign_live on rewards.campaign (books) where live_version is not null;

create table rewards.version (
    campaign text not null references rewards.campaign (id),
    version int not null check (version > 0),
    -- A `Campaign`, checked.
    body jsonb not null,
    made_by text not null,
    made_at timestamptz not null,
    primary key (campaign, version)
);

create trigger version_is_final before update or delete on rewards.version
    for each statement execute function rewards.refuse_change();

alter table rewards.campaign add foreign key (id, live_version) references rewards.version (campaign, version);

-- What happened, as it was told: once for what its source calls it.
create table rewards.trigger (
    number bigint generated always as identity primary key,
    books text not null check (books in ('live', 'test')),
    source text not null,
    -- Whose ids they are: an organisation's, or empty for the house's own sources.
    scope text not null,
    id text not null,
    kind text not null,
    -- Whose it is; of all who follow the match, where it is nobody's.
    fan_id text,
    match_id text,
    -- A hash that says nothing but whether two are the same.
    device text,
    at timestamptz not null,
    facts jsonb not null,
    heard_at timestamptz not null,
    -- Its source has said that it did not happen.
    taken_back_at timestamptz,
    unique (books, source, scope, id),
    check (fan_id is not null or match_id is not null)
);

-- Who is there when something happens in a match.
create table rewards.follower (
    match_id text not null,
    fan_id text not null,
    followed_at timestamptz not null,
    primary key (match_id, fan_id)
);

-- What came of a trigger for a fan: once. The row of the fan is locked meanwhile, so that caps hold.
create table rewards.fan (
    fan_id text primary key
);

create table rewards.judged (
    trigger bigint not null references rewards.trigger (number),
    fan_id text not null,
    -- Each rule with what it earned, or why nothing.
    decisions jsonb not null,
    judged_at timestamptz not null,
    primary key (trigger, fan_id)
);

-- What was earned: a transfer of the ledger's, by its id.
create table rewards.grant (
    id uuid primary key,
    trigger bigint not null,
    fan_id text not null,
    campaign text not null,
    version int not null,
    rule text not null,
    units bigint not null check (units > 0),
    -- Of the trigger, counted from 1970-01-01: caps of a day count by it.
    day int not null,
    state text not null default 'earned' check (state in ('earned', 'paid', 'refused', 'taken')),
    -- Why it was not paid.
    reason text,
    -- Of what was paid: what was there still when it was taken back.
    taken bigint check (taken between 0 and units),
    earned_at timestamptz not null,
    foreign key (trigger, fan_id) references rewards.judged (trigger, fan_id),
    foreign key (campaign, version) references rewards.version (campaign, version),
    check ((state = 'refused') = (reason is not null)),
    check ((state = 'taken') = (taken is not null))
);

create index grant_of_trigger on rewards.grant (trigger, fan_id);
create index grant_of_rule on rewards.grant (campaign, rule);
create index grant_of_fan on rewards.grant (fan_id, day);
create index grant_unpaid on rewards.grant (earned_at) where state = 'earned';

-- What went before, by fan and rule; all rules of a campaign together have the rule "".
create table rewards.past (
    campaign text not null,
    rule text not null,
    fan_id text not null,
    units bigint not null,
    times bigint not null,
    last_day int,
    days bigint not null,
    primary key (fan_id, campaign, rule)
);

create table rewards.past_of_device (
    campaign text not null,
    rule text not null,
    device text not null,
    day int not null,
    units bigint not null,
    primary key (device, campaign, rule, day)
);

create table rewards.total (
    campaign text not null,
    rule text not null,
    units bigint not null,
    primary key (campaign, rule)
);
