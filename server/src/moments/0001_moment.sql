-- How far each match's log has been read for what partners' servers are told of.
create table server.moment (
    match_id text primary key,
    epoch bigint not null,
    seq bigint not null
);
