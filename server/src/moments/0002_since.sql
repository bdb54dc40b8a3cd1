-- From where on it was read: what happened before is history, and earns nothing when it is corrected.
alter table server.moment add column since bigint not null default 0;

update server.moment set since = seq;
