-- Times come from the program's clock, so that tests can move it.

-- Where an organisation wants to be told.
create table partners.webhook (
    id text collate "C" primary key,
    organisation_id text not null references partners.organisation (id),
    mode text not null check (mode in ('live', 'test')),
    url text not null,
    -- Which kinds of messages it wants: 'match.wicket'. Words that a release does not know are no concern of it.
    kinds text[] not null,
    description text not null,
    created_at timestamptz not null,
    disabled_at timestamptz,
    -- By its owner, by an answer 410, or since nothing arrived for days.
    disabled_why text check (disabled_why in ('owner', 'gone', 'failing')),
    -- The secret that signs, as store::Seal made it, and the one before, which signs as well for a while.
    sealed bytea not null,
    earlier_sealed bytea,
    earlier_until timestamptz,
    -- The first failure after which nothing arrived.
    failing_since timestamptz,
    check ((disabled_at is null) = (disabled_why is null)),
    check ((earlier_sealed is null) = (earlier_until is null))
);

create index webhook_organisation on partners.webhook (organisation_id);

-- What is told. It goes with its deliveries and their attempts after a while.
create table partners.webhook_message (
    id text collate "C" primary key,
    -- Whom it is for; none for what every organisation may hear.
    organisation_id text references partners.organisation (id),
    kind text not null,
    -- What its sender calls it: the same thing is told once.
    once text not null,
    -- The very bytes that are signed.
    body text not null,
    created_at timestamptz not null,
    unique nulls not distinct (organisation_id, kind, once)
);

create index webhook_message_created on partners.webhook_message (created_at);

-- A message on its way to one endpoint.
create table partners.webhook_delivery (
    webhook_id text collate "C" not null references partners.webhook (id) on delete cascade,
    message_id text collate "C" not null references partners.webhook_message (id) on delete cascade,
    state text not null check (state in ('waiting', 'delivered', 'failed')),
    -- A replay begins another round; what is still to be tried of an earlier one is not.
    round integer not null,
    -- How often it was tried, in all rounds.
    tried integer not null,
    next_at timestamptz,
    primary key (webhook_id, message_id),
    check ((state = 'waiting') = (next_at is not null))
);

create index webhook_delivery_message on partners.webhook_delivery (message_id);
create index webhook_delivery_failed on partners.webhook_delivery (webhook_id, message_id) where state = 'failed';

-- What came of each try.
create table partners.webhook_attempt (
    id bigint generated always as identity primary key,
    webhook_id text collate "C" not null,
    message_id text collate "C" not null,
    number integer not null,
    at timestamptz not null,
    outcome text not null,
    -- The HTTP status, where there was an answer.
    status smallint,
    milliseconds integer not null,
    -- How the answer's body begins, and what went wrong where there was none.
    response text not null,
    reason text not null,
    foreign key (webhook_id, message_id) references partners.webhook_delivery (webhook_id, message_id) on delete cascade
);

create index webhook_attempt_delivery on partners.webhook_attempt (webhook_id, message_id, id);
