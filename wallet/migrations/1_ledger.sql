-- What is written here is never changed: a mistake is undone by a further transfer.
create function wallet.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are never changed', tg_table_name using errcode = 'restrict_violation';
end $$;

-- Accounts are spread over chains by their owner, so that batches of different chains do not wait for each other.
create table wallet.chain (
    number smallint primary key,
    -- Batches so far, and the hash over all of them.
    seq bigint not null default 0,
    hash bytea not null default decode(repeat('00', 32), 'hex') check (octet_length(hash) = 32),
    -- Grows each time that another process writes, and is in each of its batches.
    epoch bigint not null default 0,
    writer text not null default '',
    -- When the last batch was made: none is made before it, whatever clocks do.
    made_at timestamptz not null default 'epoch'
);

insert into wallet.chain (number) select generate_series(0, 15);

create table wallet.account (
    id uuid primary key,
    chain smallint not null references wallet.chain (number),
    asset text not null,
    kind text not null,
    -- "fan_…", "org_…", the id of a campaign: of the crate that opened it.
    owner text not null,
    bound_min bigint not null,
    bound_max bigint not null,
    -- The most that it may take and give in a day (UTC).
    day_in_max bigint check (day_in_max >= 0),
    day_out_max bigint check (day_out_max >= 0),
    frozen_at timestamptz,
    posted bigint not null default 0,
    held_out bigint not null default 0 check (held_out >= 0),
    held_in bigint not null default 0 check (held_in >= 0),
    version bigint not null default 0,
    -- What it took and gave on a day, counted from 1970-01-01.
    day int not null default 0,
    day_in bigint not null default 0,
    day_out bigint not null default 0,
    opened_at timestamptz not null,
    check (bound_min <= bound_max),
    -- An owner with much to do has an account on each chain.
    unique (owner, asset, kind, chain)
) with (fillfactor = 60);

create table wallet.transfer (
    id uuid primary key,
    -- Its place: the batch of its chain, and its number there.
    chain smallint not null,
    seq bigint not null,
    number int not null,
    digest bytea not null check (octet_length(digest) = 32),
    act text not null check (act in ('post', 'hold', 'finish', 'void', 'lapse')),
    debit uuid,
    credit uuid,
    asset text,
    units bigint check (units > 0),
    reason text,
    -- The hold that it resolves.
    hold uuid,
    until timestamptz,
    metadata jsonb,
    made_at timestamptz not null
);

-- What became of a hold.
create index transfer_hold on wallet.transfer (hold) where hold is not null;

-- A batch is read by its moment: rows are written in the order of time, so that this is a few pages where an index on places would cost each
-- transfer a fifth of its time.
create index transfer_made_at on wallet.transfer using brin (made_at) with (pages_per_range = 16);

create trigger transfer_is_final before update or delete on wallet.transfer
    for each statement execute function wallet.refuse_change();

create table wallet.hold (
    id uuid primary key,
    debit uuid not null,
    credit uuid not null,
    asset text not null,
    units bigint not null check (units > 0),
    reason text not null,
    until timestamptz,
    state text not null check (state in ('open', 'finished', 'voided', 'lapsed')),
    -- Of one that is finished: how much of it was taken.
    taken bigint check ((state = 'finished') = (taken is not null) and taken between 1 and units)
) with (fillfactor = 70);

create index hold_due on wallet.hold (until) where state = 'open' and until is not null;

create table wallet.entry (
    account uuid not null,
    version bigint not null,
    transfer uuid not null,
    change bigint not null check (change <> 0),
    balance_after bigint not null,
    made_at timestamptz not null,
    primary key (account, version)
);

create trigger entry_is_final before update or delete on wallet.entry
    for each statement execute function wallet.refuse_change();

create table wallet.batch (
    chain smallint not null references wallet.chain (number),
    seq bigint not null,
    epoch bigint not null,
    transfers int not null check (transfers > 0),
    -- SHA-256 of the hash before, and the digests of its transfers in order.
    hash bytea not null check (octet_length(hash) = 32),
    made_at timestamptz not null,
    primary key (chain, seq)
);

create trigger batch_is_final before update or delete on wallet.batch
    for each statement execute function wallet.refuse_change();
