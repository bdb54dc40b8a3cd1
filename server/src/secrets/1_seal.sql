-- Which key this database's secrets were sealed with, by its name: a hash's first digits.
create table secrets.seal (
    is_only boolean primary key default true check (is_only),
    name text not null
);
