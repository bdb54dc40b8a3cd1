-- Matches whose usual questions were asked by themselves, and how each match was then.
create table server.quiz_usual (
    match_id text primary key,
    epoch bigint not null,
    -- The match's own, when it was looked at last.
    changed_at_ms bigint not null
);
