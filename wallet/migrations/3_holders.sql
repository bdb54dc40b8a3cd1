-- Fans who have a wallet. Whoever asks for it to be erased is no longer here, and what is left of the accounts names nobody.
create table wallet.holder (
    -- "fan_…"
    fan_id text primary key,
    organisation_id text not null,
    books text not null check (books in ('live', 'test')),
    frozen_at timestamptz,
    opened_at timestamptz not null
);

create index holder_organisation on wallet.holder (organisation_id, books, fan_id);
