-- What was asked of a gateway, and what is known of it. Rows of `observation` tell how it came about; the
-- ledger has what was booked.
create table wallet.payment (
    id uuid primary key,
    -- In the order in which they were made.
    number bigint generated always as identity unique,
    mode text not null check (mode in ('test', 'live')),
    -- Whose it is, and the account that is credited: "fan_…" and coins, "org_…" and money.
    owner text not null,
    account uuid not null,
    asset text not null,
    units bigint not null check (units > 0),
    -- The coins that a fan buys with it.
    coins bigint check (coins > 0),
    capture text not null check (capture in ('at once', 'later')),
    gateway text not null,
    -- The gateway may have it: it was asked, and has not said that it has not.
    is_asked boolean not null,
    -- The gateway's name of it. The one that is kept here first is the only one that a payer is ever shown.
    reference text,
    known jsonb not null,
    stage text not null,
    captured bigint not null default 0,
    -- The gateway's word why it will not have it.
    refused text,
    -- Set once, when money was taken; and when the ledger has it.
    credited bigint check (credited between 1 and units),
    credited_coins bigint check (credited_coins between 0 and coins),
    booked_at timestamptz,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    unique (gateway, mode, reference),
    check ((credited_coins is null) = (credited is null or coins is null))
) with (fillfactor = 70);

-- Refunds and reports name charges.
create index payment_charges on wallet.payment using gin ((known -> 'charges'));
create index payment_owner on wallet.payment (owner, number);
create index payment_booked on wallet.payment (gateway, mode, booked_at) where booked_at is not null;

create table wallet.refund (
    id uuid primary key,
    number bigint generated always as identity unique,
    payment uuid not null references wallet.payment (id),
    units bigint not null check (units > 0),
    -- Coins that are taken back for it.
    coins bigint check (coins > 0),
    why text not null,
    decision text not null check (decision in ('asked', 'approved', 'dropped')),
    asked_by text not null,
    asked_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    is_asked boolean not null default false,
    reference text,
    outgoing text check (outgoing in ('sent', 'succeeded', 'failed')),
    -- Why it failed.
    reason text,
    -- What the ledger has made of what was held: taken, given back, or given back after it was taken.
    settled text check (settled in ('taken', 'free', 'back')),
    settled_at timestamptz,
    check (decided_by is null or decision = 'dropped' or decided_by <> asked_by)
) with (fillfactor = 70);

create index refund_payment on wallet.refund (payment);
create index refund_reference on wallet.refund (reference);

create table wallet.payout (
    id uuid primary key,
    number bigint generated always as identity unique,
    mode text not null check (mode in ('test', 'live')),
    owner text not null,
    account uuid not null,
    asset text not null,
    units bigint not null check (units > 0),
    gateway text not null,
    -- The gateway's name of where it goes. No bank details.
    destination text not null,
    why text not null,
    decision text not null check (decision in ('asked', 'approved', 'dropped')),
    asked_by text not null,
    asked_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    is_asked boolean not null default false,
    reference text,
    outgoing text check (outgoing in ('sent', 'succeeded', 'failed')),
    reason text,
    settled text check (settled in ('taken', 'free', 'back')),
    settled_at timestamptz,
    check (decided_by is null or decision = 'dropped' or decided_by <> asked_by)
) with (fillfactor = 70);

create index payout_owner on wallet.payout (owner, number);
create index payout_reference on wallet.payout (reference);

-- What gateways send, as it came, before anything is made of it.
create table wallet.webhook (
    id bigint generated always as identity primary key,
    gateway text not null,
    mode text not null check (mode in ('test', 'live')),
    -- The gateway's name of the message: the same each time that it is sent.
    event_id text not null,
    -- SHA-256 of the body. Not every gateway signs the name: one that is replayed under another is known by its body.
    digest bytea not null check (octet_length(digest) = 32),
    headers jsonb not null,
    -- Forgotten after a while.
    body bytea,
    received_at timestamptz not null,
    processed_at timestamptz,
    -- What became of it: "learned", "other", "unknown", "unreadable".
    outcome text,
    unique (gateway, mode, event_id),
    unique (gateway, mode, digest)
);

create index webhook_kept on wallet.webhook (received_at) where body is not null;

-- The life of a payment, a refund or a payout, in order. A refund's is its payment's too.
create table wallet.observation (
    number bigint generated always as identity primary key,
    payment uuid,
    refund uuid,
    payout uuid,
    at timestamptz not null,
    -- "ask", "answer", "poll", "webhook", "people", "ledger".
    source text not null,
    what text not null,
    seen jsonb,
    check (payment is not null or payout is not null)
);

create index observation_payment on wallet.observation (payment, number) where payment is not null;
create index observation_payout on wallet.observation (payout, number) where payout is not null;

-- Where a gateway's books and ours do not agree.
create table wallet.difference (
    number bigint generated always as identity primary key,
    gateway text not null,
    mode text not null check (mode in ('test', 'live')),
    -- The day whose books were compared, or on which it was seen first.
    day date not null,
    kind text not null,
    -- The gateway's name of what it is about, or ours.
    subject text not null,
    ours bigint,
    theirs bigint,
    found_at timestamptz not null,
    closed_at timestamptz,
    closed_by text,
    note text,
    unique (gateway, mode, kind, subject)
);

create index difference_open on wallet.difference (number) where closed_at is null;

-- The books of the gateway in which no money moves.
create table wallet.sandbox (
    reference text primary key,
    thing jsonb not null,
    made_at timestamptz not null,
    -- How often it has changed, and how often it had when that was told.
    change bigint not null,
    told bigint not null
) with (fillfactor = 70);

create index sandbox_made on wallet.sandbox (made_at);
