-- As small as a ledger can be: what one transaction a transfer costs at the least.
create schema plain;

create table plain.account (
    id bigint primary key,
    posted bigint not null,
    min_balance bigint not null default 0,
    version bigint not null default 0,
    check (posted >= min_balance)
) with (fillfactor = 60);

create table plain.transfer (
    id bigint primary key,
    debit bigint not null,
    credit bigint not null,
    amount bigint not null check (amount > 0),
    at timestamptz not null default now(),
    check (debit <> credit)
);

create table plain.entry (
    transfer bigint not null,
    account bigint not null,
    amount bigint not null,
    balance_after bigint not null,
    version bigint not null,
    primary key (account, version)
);

insert into plain.account (id, posted, min_balance)
select number, case when number = 0 then 0 else 1000000 end, case when number = 0 then -9000000000000000 else 0 end
from generate_series(0, 20000) number;

create function plain.transfer(asked bigint, debited bigint, credited bigint, units bigint) returns int language plpgsql as $$
declare
    had_left bigint; has_now bigint; debit_version bigint; credit_version bigint;
begin
    perform 1 from plain.account where id in (debited, credited) order by id for update;
    insert into plain.transfer (id, debit, credit, amount) values (asked, debited, credited, units) on conflict do nothing;
    if not found then return 2; end if;
    update plain.account set posted = posted - units, version = version + 1
    where id = debited and posted - units >= min_balance returning posted, version into had_left, debit_version;
    if not found then raise exception 'overdrawn'; end if;
    update plain.account set posted = posted + units, version = version + 1
    where id = credited returning posted, version into has_now, credit_version;
    insert into plain.entry values
        (asked, debited, -units, had_left, debit_version), (asked, credited, units, has_now, credit_version);
    return 0;
end $$;
