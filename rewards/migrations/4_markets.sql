-- Who trades: the number by which a book knows an owner.
create table rewards.trader (
    number bigint generated always as identity primary key,
    fan_id text not null unique
);

-- Where a product's vouchers are sold and bought for points. What rests in it is in the folder of whoever holds its lease.
create table rewards.market (
    -- As its book and its journal know it.
    number bigint generated always as identity primary key,
    -- "mkt_…"
    id text not null unique,
    product text not null references rewards.product (id),
    books text not null check (books in ('live', 'test')),
    -- Rules, which hold for as long as it does: points and units.
    low int not null check (low > 0),
    tick int not null check (tick > 0),
    high int not null check (high >= low),
    lot int not null check (lot > 0),
    quantity_max int not null check (quantity_max >= lot),
    -- How far prices may be from a centre; none: as far as the rules say.
    collar_around text check (collar_around in ('reference', 'last-fill')),
    collar_reference int,
    collar_basis_points int,
    orders_max int not null check (orders_max > 0),
    fan_orders_max int not null check (fan_orders_max > 0),
    fan_minute_max int not null check (fan_minute_max > 0),
    -- The ledger's accounts by way of which fills go.
    points uuid not null,
    vouchers uuid not null,
    state text not null default 'open' check (state in ('open', 'halted', 'closed')),
    -- The lease: who writes, under which number, until when.
    holder text,
    epoch bigint not null default 0,
    until timestamptz,
    -- The last command of which all that came is in these tables.
    settled bigint not null default 0,
    -- As of then.
    last_price int,
    last_quantity int,
    last_at timestamptz,
    bid int,
    ask int,
    made_at timestamptz not null,
    check ((collar_around is null) = (collar_reference is null)),
    check ((collar_around is null) = (collar_basis_points is null))
);

create index market_of_product on rewards.market (product);

create table rewards.market_order (
    -- As its book knows it.
    number bigint generated always as identity primary key,
    -- "ord_…", which follows from who asks and what for.
    id text not null unique,
    market bigint not null references rewards.market (number),
    trader bigint not null references rewards.trader (number),
    side text not null check (side in ('buy', 'sell')),
    kind text not null check (kind in ('limit', 'market')),
    -- Points for one unit; of a market order, what is held at most.
    price int not null check (price > 0),
    quantity int not null check (quantity > 0),
    time_in_force text not null check (time_in_force in ('gtc', 'ioc', 'fok', 'gtd')),
    until timestamptz,
    post_only boolean not null,
    self_trade text not null check (self_trade in ('cancel-newest', 'cancel-oldest', 'cancel-both', 'decrement')),
    -- The fan's accounts.
    points uuid not null,
    vouchers uuid not null,
    -- Asked: it is not in the journal, as far as is settled. Given up: nor will it be, and its hold is voided.
    state text not null default 'asked'
        check (state in ('asked', 'given-up', 'resting', 'filled', 'cancelled', 'refused')),
    reason text,
    -- What more there is to say of a refusal.
    detail text,
    filled int not null default 0 check (filled >= 0),
    -- What is still to be filled.
    remaining int not null check (remaining >= 0),
    -- Its holds are numbered: the one that is open.
    hold int not null default 1,
    -- What an amendment has held beforehand, until that is settled.
    extra int,
    extras int not null default 0,
    made_at timestamptz not null,
    changed_at timestamptz not null,
    check (filled + remaining <= quantity or state = 'cancelled')
);

create index market_order_open on rewards.market_order (market)
    where state in ('asked', 'given-up', 'resting') or extra is not null;
create index market_order_of_trader on rewards.market_order (trader, number);

create table rewards.fill (
    market bigint not null references rewards.market (number),
    -- The command, and which of its fills.
    seq bigint not null,
    n int not null,
    price int not null,
    quantity int not null,
    buy_order bigint not null references rewards.market_order (number),
    sell_order bigint not null references rewards.market_order (number),
    -- Of the order that came.
    side text not null check (side in ('buy', 'sell')),
    made_at timestamptz not null,
    primary key (market, seq, n)
);

create index fill_of_market on rewards.fill (market, made_at);
create index fill_of_buy on rewards.fill (buy_order);
create index fill_of_sell on rewards.fill (sell_order);

-- What the ledger has refused of what came of a command, such as of a fan whose account was frozen meanwhile. It is tried again, in the
-- order of the journal; what needs it waits behind it.
create table rewards.stuck (
    market bigint not null references rewards.market (number),
    seq bigint not null,
    -- Among what came of the command.
    place int not null,
    -- Of a fill: which, and at which price how much.
    n int,
    price int,
    quantity int,
    -- Each order with the holds that are over, what is taken of them, and the one that comes.
    legs jsonb not null,
    reason text not null,
    since timestamptz not null,
    tried_at timestamptz not null,
    primary key (market, seq, place)
);
