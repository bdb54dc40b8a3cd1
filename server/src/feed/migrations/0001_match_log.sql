-- A match and its append-only log. The log is the truth; `match` holds its head, so that lists and the next seq need no fold.
create table server.match (
    id text primary key,
    organisation_id text not null,
    -- The feed's own name for the match: creating it twice gives the same match.
    source text not null,
    source_match_id text not null,
    sandbox boolean not null,
    -- Names this history of the topic, in milliseconds since 1970; a sandbox match that starts over gets a new one.
    epoch bigint not null,
    -- The last command's place in the log; 0 before the first.
    seq bigint not null default 0,
    -- Grows by one with each correction.
    rev integer not null default 0,
    -- upcoming, play, break, delayed, finished
    phase text not null,
    -- The set-up as JSON of `wire`.
    setup text not null,
    -- What lists show (status, scores), as JSON.
    summary text not null,
    starts_at_ms bigint,
    created_at_ms bigint not null,
    -- When the last command was accepted.
    changed_at_ms bigint not null,
    unique (organisation_id, source, source_match_id)
);

create index match_by_phase on server.match (phase, changed_at_ms desc, id);

create table server.command (
    match_id text not null,
    epoch bigint not null,
    seq bigint not null,
    -- append, insert (before of_seq), edit (of of_seq), remove (of of_seq)
    op text not null,
    of_seq bigint,
    -- The command as JSON of `wire`; null for a removal.
    body text,
    source text not null,
    source_event_id text not null,
    version integer not null,
    -- The feed's running number, where it sends one.
    place bigint,
    accepted_at_ms bigint not null,
    primary key (match_id, epoch, seq)
);

-- A feed's command is accepted once, however often it is sent.
create unique index command_once on server.command (match_id, epoch, source, source_event_id, version);
