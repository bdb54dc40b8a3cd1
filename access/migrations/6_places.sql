-- Fences: who is let in by where they are. Of an organisation, or of the house where there is none.
create table access.fence (
    -- "fen_…"
    id text primary key,
    organisation_id text,
    name text not null,
    -- The last: by which it is judged.
    version int not null check (version > 0),
    made_at timestamptz not null,
    -- From then on nothing is judged by it.
    retired_at timestamptz
);

create index fence_of_organisation on access.fence (organisation_id, id);

create table access.fence_version (
    fence_id text not null references access.fence (id),
    version int not null check (version > 0),
    -- What rules of the same content have in common.
    hash text not null check (hash ~ '^[0-9a-f]{32}$'),
    -- `places::fence::Rules`, checked.
    rules jsonb not null,
    made_by text not null,
    made_at timestamptz not null,
    primary key (fence_id, version)
);

create function access.refuse_change_of_version() returns trigger language plpgsql as $$
begin
    raise exception 'versions of fences are never changed' using errcode = 'restrict_violation';
end
$$;

create trigger fence_version_is_final before update or delete on access.fence_version
    for each statement execute function access.refuse_change_of_version();
create trigger fence_version_is_never_emptied before truncate on access.fence_version
    for each statement execute function access.refuse_change_of_version();

-- What fences have said, for audits, until it is forgotten. Where somebody was is kept as a region and a cell of ten kilometres: no column holds
-- a coordinate, nor anything that one could be had back from.
create table access.place_decision (
    id bigint generated always as identity primary key,
    fence_id text not null,
    fence_version int not null,
    verdict text not null check (verdict in ('allowed', 'denied', 'unsure')),
    -- Codes of reasons.
    reasons text[] not null check (array_to_string(reasons, ' ', '?') ~ '^([a-z_]+( [a-z_]+)*)?$'),
    source text not null check (source in ('position', 'address', 'declared', 'nothing')),
    -- All places that it may have been (ISO 3166).
    near text[] not null check (array_to_string(near, ' ', '?') ~ '^([A-Z]{2}(-[0-9A-Z]{1,3})?( [A-Z]{2}(-[0-9A-Z]{1,3})?)*)?$'),
    -- `places::Cell`
    cell int check (cell between 0 and 6479999),
    -- In which country the address was.
    address text check (address ~ '^[A-Z]{2}$'),
    -- The SHA-256 of a fan's id.
    who_sha256 bytea not null check (octet_length(who_sha256) = 32),
    at timestamptz not null,
    foreign key (fence_id, fence_version) references access.fence_version (fence_id, version)
);

create index place_decision_of_who on access.place_decision (who_sha256, at);
create index place_decision_of_fence on access.place_decision (fence_id, id);
create index place_decision_at on access.place_decision (at);
