-- How many open streams a process has sent what was published, by the number of the news.
create table server.content_reach (
    number bigint not null,
    process text not null,
    streams bigint not null,
    took_ms int not null,
    at timestamptz not null,
    primary key (number, process)
);

create index content_reach_at on server.content_reach (at);
