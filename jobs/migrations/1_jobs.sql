-- A process that runs jobs, from its start to its end. Its number is new at each start, so that a process that comes back under the same
-- name is not taken for the one that died.
create table jobs.node (
    epoch bigint generated always as identity primary key,
    name text not null,
    started_at timestamptz not null default now(),
    -- By the database's clock, like everything that is compared with it.
    seen_at timestamptz not null default now()
);

-- The jobs that are still to be done. A job that is done leaves no row; one that has failed for good is in jobs.dead.
create table jobs.job (
    id bigint generated always as identity primary key,
    queue text not null,
    kind text not null,
    version smallint not null,
    payload json not null,
    -- The lowest first.
    priority smallint not null,
    -- 0 ready, 1 waiting for run_at, 2 running on node
    state smallint not null check (state between 0 and 2),
    run_at timestamptz not null,
    attempt smallint not null default 0,
    attempts_max smallint not null check (attempts_max > 0),
    node bigint,
    unique_key text,
    -- One object an attempt that failed: {"attempt", "at", "reason"}
    failures jsonb not null default '[]',
    created_at timestamptz not null default now(),
    check ((state = 2) = (node is not null))
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

create index job_ready on jobs.job (queue, priority, id) where state = 0;
create index job_waiting on jobs.job (run_at) where state = 1;
create index job_running on jobs.job (node) where state = 2;
create unique index job_unique on jobs.job (kind, unique_key) where unique_key is not null;

-- What failed for good, with all that is needed to try it again.
create table jobs.dead (
    id bigint primary key,
    queue text not null,
    kind text not null,
    version smallint not null,
    payload json not null,
    priority smallint not null,
    attempts_max smallint not null,
    failures jsonb not null,
    created_at timestamptz not null,
    died_at timestamptz not null default now()
);

create index dead_recent on jobs.dead (died_at);
