-- Counts the changes of keys. Whoever changes one holds this row until it commits, so that the numbers come in the order of the commits: who
-- has read up to one number has missed nothing below it.
create table partners.key_epoch (
    is_only boolean primary key default true check (is_only),
    at bigint not null
);

insert into partners.key_epoch (at) values (0);

-- The number of the last change: its issue or its revocation.
alter table partners.api_key add column changed bigint not null default 0;

create index api_key_changed on partners.api_key (changed);
