-- A process that runs jobs of one queue, from its start to its end. Its number is new at each start, so that a process that comes back under
-- the same name is not taken for the one that died.
create table jobs.node (
    epoch bigint generated always as identity primary key,
    name text not null,
    queue text not null,
    -- What it has handlers for, and the newest version of each that it understands.
    kinds text[] not null,
    versions smallint[] not null,
    -- How many jobs it would hold at once, and how many of them the queue's limit lets it; whether it wants more than that.
    room integer not null,
    slots integer not null default 0,
    hungry boolean not null default false,
    running integer not null default 0,
    started_at timestamptz not null default now(),
    -- By the database's clock, like everything that is compared with it.
    seen_at timestamptz not null default now()
);

-- Who does what one node does for all: wakes, rescues, ticks, prunes. It decides who looks, not that something happens once.
create table jobs.lease (
    name text primary key,
    epoch bigint not null,
    until timestamptz not null
);

-- What is said of a queue; one without a row has no limits and is not paused.
create table jobs.queue (
    name text primary key,
    paused_at timestamptz,
    running_max integer check (running_max > 0),
    -- A bucket of tokens, one a start: as many as rate_burst, refilled with rate_per_second.
    rate_per_second double precision check (rate_per_second > 0),
    rate_burst integer check (rate_burst > 0),
    tokens double precision not null default 0,
    tokens_at timestamptz not null default now(),
    check ((rate_per_second is null) = (rate_burst is null))
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
    -- 0 ready, and running where it has a node; 1 waiting for run_at, 2 behind others of its partition, 3 after other jobs, 4 of a kind that
    -- nobody knows
    state smallint not null check (state between 0 and 4),
    run_at timestamptz not null,
    attempt smallint not null default 0,
    attempts_max smallint not null check (attempts_max > 0),
    time_max_ms integer check (time_max_ms > 0),
    node bigint,
    unique_key text,
    -- Whether the key is free again as soon as the job has begun.
    unique_until_begun boolean not null default false,
    partition_key text,
    -- Whether it comes after other jobs, how many of them are still to end, and whether others come after it.
    comes_after boolean not null default false,
    pending integer not null default 0,
    followed boolean not null default false,
    -- Whether somebody asked that it be ended.
    cancel boolean not null default false,
    progress real,
    note text,
    -- The trace in which it was enqueued, as a traceparent.
    trace text,
    -- One object an attempt that failed: {"attempt", "at", "reason"}
    failures jsonb not null default '[]',
    created_at timestamptz not null default now(),
    check (node is null or state = 0)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

-- A claim changes no column that any of these mentions, and finds room beside the row on its page: it is a heap-only update, which touches no
-- index. Hence the half-filled pages, and no index by node.
create index job_ready on jobs.job (queue, priority, id) where state = 0;
create index job_waiting on jobs.job (run_at) where state = 1;
create index job_aside on jobs.job (state, queue) where state >= 3 or cancel;
create unique index job_unique on jobs.job (kind, unique_key) where unique_key is not null;
-- Of a partition one job is at the head, whatever is in flight elsewhere; the others stand behind it.
create unique index job_head on jobs.job (queue, partition_key) where partition_key is not null and state < 2;
create index job_behind on jobs.job (queue, partition_key, id) where state = 2;

-- What a node took at one turn; the row goes when all of it has ended. By these rows a node's jobs are found.
create table jobs.hand (
    node bigint not null,
    turn bigint not null,
    ids bigint[] not null,
    primary key (node, turn)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Keys that stay taken for a time, whatever became of their job.
create table jobs.unique_window (
    kind text not null,
    key text not null,
    job bigint not null,
    until timestamptz not null,
    primary key (kind, key)
);

-- "job comes after other"; what that one answered is kept here until job has ended.
create table jobs.edge (
    job bigint not null,
    place smallint not null,
    other bigint not null,
    -- Whether it is enough that the other has ended, however.
    ended_is_enough boolean not null,
    met boolean not null default false,
    -- Its JSON, or why there is none.
    result text,
    reason text,
    primary key (job, place)
);

create index edge_open on jobs.edge (other) where not met;

-- What failed for good, or was cancelled, with all that is needed to try it again.
create table jobs.dead (
    id bigint primary key,
    queue text not null,
    kind text not null,
    version smallint not null,
    payload json not null,
    priority smallint not null,
    attempts_max smallint not null,
    time_max_ms integer,
    unique_key text,
    unique_until_begun boolean not null,
    partition_key text,
    comes_after boolean not null,
    followed boolean not null,
    trace text,
    ending text not null check (ending in ('failed', 'cancelled')),
    failures jsonb not null,
    created_at timestamptz not null,
    died_at timestamptz not null default now()
);

create index dead_recent on jobs.dead (died_at);
create index dead_unique on jobs.dead (kind, unique_key) where unique_key is not null;

-- Jobs that come again and again, as programs declare them.
create table jobs.cron (
    name text primary key,
    -- Cron's five fields, and the zone by whose clock they are meant.
    schedule text not null,
    zone text not null,
    -- What becomes of runs that were missed: 0 nothing, 1 one job for all, 2 one for each.
    missed smallint not null check (missed between 0 and 2),
    queue text not null,
    kind text not null,
    version smallint not null,
    payload json not null,
    next_at timestamptz not null,
    last_at timestamptz,
    last_job bigint,
    paused_at timestamptz
);

-- Servers of calls that live, and where.
create table jobs.server (
    number bigint generated always as identity primary key,
    address text not null,
    services text[] not null,
    -- Whoever may read this table may call.
    token bytea not null,
    seen_at timestamptz not null default now()
);

-- What a node did within a minute, for charts. Times are counted in buckets, four to a doubling: the n-th holds those of at least
-- 2^((n - 1) / 4) - 1 µs.
create table jobs.tally (
    minute timestamptz not null,
    epoch bigint not null,
    queue text not null,
    kind text not null,
    done bigint not null,
    failed bigint not null,
    dead bigint not null,
    waited integer[] not null,
    ran integer[] not null,
    primary key (minute, epoch, kind)
);
