-- The approach of pgledger (github.com/pgr0ss/pgledger), written anew: text ids made in the database, numeric amounts, foreign keys, five
-- further indexes, and a function that locks accounts in order, updates both sides and returns the transfer.
create schema peer;

create function peer.make_id(prefix text) returns text language sql volatile as $$
    select prefix || '_' || substring(translate(gen_random_uuid()::text, '-', '') for 26)
$$;

create table peer.account (
    id text primary key default peer.make_id('pgla'),
    name text not null,
    currency text not null,
    balance numeric not null default 0,
    version bigint not null default 0,
    allow_negative_balance boolean not null,
    allow_positive_balance boolean not null,
    metadata jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table peer.transfer (
    id text primary key default peer.make_id('pglt'),
    from_account_id text not null references peer.account (id),
    to_account_id text not null references peer.account (id),
    amount numeric not null,
    created_at timestamptz not null default now(),
    event_at timestamptz not null default now(),
    metadata jsonb,
    check (amount > 0 and from_account_id <> to_account_id)
);

create index on peer.transfer (from_account_id);
create index on peer.transfer (to_account_id);
create index on peer.transfer (event_at);

create table peer.entry (
    id text primary key default peer.make_id('pgle'),
    account_id text not null references peer.account (id),
    transfer_id text not null references peer.transfer (id),
    amount numeric not null,
    account_previous_balance numeric not null,
    account_current_balance numeric not null,
    account_version bigint not null,
    created_at timestamptz not null default now()
);

create index on peer.entry (account_id);
create index on peer.entry (transfer_id);

insert into peer.account (id, name, currency, balance, allow_negative_balance, allow_positive_balance)
select 'pgla_' || lpad(number::text, 26, '0'), 'account ' || number, 'points',
    case when number = 0 then 0 else 1000000 end, number = 0, true
from generate_series(0, 20000) number;

create function peer.check_balance(it peer.account) returns void language plpgsql as $$
begin
    if not it.allow_negative_balance and it.balance < 0 then raise exception '% is below zero', it.id; end if;
    if not it.allow_positive_balance and it.balance > 0 then raise exception '% is above zero', it.id; end if;
end $$;

create function peer.create_transfer(from_id text, to_id text, units numeric) returns setof peer.transfer language plpgsql as $$
declare
    payer peer.account; payee peer.account; made text; one text;
begin
    foreach one in array array(select unnest from unnest(array[from_id, to_id]) order by unnest) loop
        perform id from peer.account where id = one for update;
    end loop;
    if units <= 0 then raise exception '% is not positive', units; end if;
    update peer.account set balance = balance - units, version = version + 1, updated_at = now()
    where id = from_id returning * into payer;
    perform peer.check_balance(payer);
    update peer.account set balance = balance + units, version = version + 1, updated_at = now()
    where id = to_id returning * into payee;
    perform peer.check_balance(payee);
    if payer.currency <> payee.currency then raise exception 'two currencies'; end if;
    insert into peer.transfer (from_account_id, to_account_id, amount) values (from_id, to_id, units) returning id into made;
    insert into peer.entry (account_id, transfer_id, amount, account_previous_balance, account_current_balance, account_version)
    values (from_id, made, -units, payer.balance + units, payer.balance, payer.version);
    insert into peer.entry (account_id, transfer_id, amount, account_previous_balance, account_current_balance, account_version)
    values (to_id, made, units, payee.balance - units, payee.balance, payee.version);
    return query select * from peer.transfer where id = made;
end $$;
