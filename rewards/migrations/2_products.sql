-- What fans can have for points. A unit of it is a voucher; who has how many is in the ledger, as an asset of the product's own.
create table rewards.product (
    -- "prd_…"
    id text primary key,
    books text not null check (books in ('live', 'test')),
    -- Whose fans it is for; all fans', where it is the house's own.
    organisation_id text,
    name text not null,
    description text not null default '',
    -- What it takes to have one, points; none where it is had by other ways alone.
    price bigint check (price > 0),
    -- The most that a fan buys, ever and in a day (UTC).
    fan_max int check (fan_max > 0),
    fan_day_max int check (fan_day_max > 0),
    valid_from timestamptz not null,
    -- Vouchers are over at this moment, whoever has them.
    valid_until timestamptz not null,
    -- How long a code is good after it was shown; none: as long as the product is.
    claim_seconds bigint check (claim_seconds > 0),
    -- Whether a fan may give one to another, and sell it on a market.
    transferable boolean not null,
    tradable boolean not null,
    -- Where codes come from.
    codes text not null check (codes in ('made', 'imported')),
    state text not null check (state in ('draft', 'on-sale', 'paused', 'over')),
    -- Grows with each change.
    version int not null default 1,
    made_at timestamptz not null,
    check (valid_from < valid_until)
);

create index product_of on rewards.product (books, organisation_id);
