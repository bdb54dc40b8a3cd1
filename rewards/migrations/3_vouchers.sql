alter table rewards.product
    -- When it was last looked for vouchers of it that are over, and whether there are none any more.
    add column looked_at timestamptz,
    add column emptied_at timestamptz;

create index product_ends on rewards.product (valid_until) where state <> 'over';
create index product_over on rewards.product (looked_at nulls first) where state = 'over' and emptied_at is null;

-- Codes that came together. As many units of the product's asset come into being, under an id that follows from this one.
create table rewards.batch (
    -- "bat_…"
    id text primary key,
    product text not null references rewards.product (id),
    codes int not null check (codes > 0),
    -- A keyed hash of what was asked: the same request again is told from another one.
    digest bytea not null,
    made_by text not null,
    made_at timestamptz not null,
    -- When the units were there.
    issued_at timestamptz
);

create index batch_of on rewards.batch (product);
create index batch_unissued on rewards.batch (made_at) where issued_at is null;

-- A code is nowhere in the clear: it is found by a keyed hash, and shown from what is sealed.
create table rewards.code (
    number bigint generated always as identity primary key,
    batch text not null references rewards.batch (id),
    product text not null references rewards.product (id),
    -- Of whose code it is, in which books, and of the code: an organisation has a code once.
    hash bytea not null unique,
    sealed bytea not null,
    -- The voucher that is opened with it; none has two.
    voucher text unique
);

create index code_free on rewards.code (product, number) where voucher is null;
create index code_of_batch on rewards.code (batch);

-- Vouchers that were opened: their code is shown. Those that were not are units in the ledger.
create table rewards.voucher (
    -- "vch_…"
    id text primary key,
    product text not null references rewards.product (id),
    -- Nobody's, where the fan's wallet was erased.
    fan_id text,
    -- Asked: the ledger takes the unit, or refuses; only then is a code shown.
    state text not null check (state in ('asked', 'refused', 'claimed', 'redeemed', 'expired')),
    reason text,
    asked_at timestamptz not null,
    -- When it got out of 'asked'.
    settled_at timestamptz,
    valid_until timestamptz not null,
    redeemed_at timestamptz,
    -- "key_…" or "usr_…", and what that says of where.
    redeemed_by text,
    place text,
    -- A hash of the redeemer's own name for the request: the same request again is told from another one.
    request bytea,
    check ((state = 'asked') = (settled_at is null)),
    check ((state = 'refused') = (reason is not null)),
    check ((state = 'redeemed') = (redeemed_at is not null))
);

alter table rewards.code add foreign key (voucher) references rewards.voucher (id);

create index voucher_of_fan on rewards.voucher (fan_id, id) where fan_id is not null;
create index voucher_of_product on rewards.voucher (product, state);
create index voucher_asked on rewards.voucher (asked_at) where state = 'asked';
create index voucher_refused on rewards.voucher (settled_at) where state = 'refused';
create index voucher_ends on rewards.voucher (valid_until) where state = 'claimed';

-- Vouchers that a fan is about to buy: two holds of the ledger's, whose ids follow from this one.
create table rewards.reservation (
    -- "rsv_…"
    id text primary key,
    product text not null references rewards.product (id),
    fan_id text,
    units int not null check (units > 0),
    -- For all of them, points.
    price bigint not null check (price > 0),
    -- The day (UTC) on which it counts, from 1970-01-01.
    day int not null,
    -- Asked: the ledger holds, or refuses. What became of holds is the ledger's to say.
    state text not null check (state in ('asked', 'refused', 'reserved', 'bought', 'released', 'expired')),
    reason text,
    until timestamptz not null,
    made_at timestamptz not null,
    ended_at timestamptz,
    check ((state = 'refused') = (reason is not null)),
    check ((state in ('asked', 'reserved')) = (ended_at is null))
);

create index reservation_of_fan on rewards.reservation (fan_id, id) where fan_id is not null;
create index reservation_open on rewards.reservation (until) where state in ('asked', 'reserved');
create index reservation_of_product on rewards.reservation (product) where state in ('asked', 'reserved');

-- What a fan has bought or reserved of a product: ever, and on the last day on which that was. Under the lock of the fan's row.
create table rewards.bought (
    fan_id text not null,
    product text not null references rewards.product (id),
    units bigint not null check (units >= 0),
    day int not null,
    day_units bigint not null check (day_units >= 0),
    primary key (fan_id, product)
);
