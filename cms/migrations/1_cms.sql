create function cms.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are never changed', tg_table_name using errcode = 'restrict_violation';
end $$;

-- What editors write about: what is the same in all of its languages.
create table cms.entry (
    -- "ent_…"
    id text collate "C" primary key,
    kind text not null,
    -- What programs call it, such as a flag's name; none where nobody does.
    key text collate "C",
    main_language text collate "C" not null,
    made_by text not null,
    made_at timestamptz not null,
    trashed_at timestamptz,
    unique (kind, key)
);

-- What is being written of an entry in a language. Of the main one all fields, of others those that each has its own of.
create table cms.draft (
    entry text collate "C" not null references cms.entry (id),
    language text collate "C" not null,
    -- Of its entry, for lists.
    kind text not null,
    is_main boolean not null,
    is_trashed boolean not null default false,
    -- Counts every change of the body.
    version bigint not null check (version > 0),
    body jsonb not null,
    title text not null,
    words tsvector not null,
    -- Who has written it last, in which sitting, and how often in that; the version that the sitting began with.
    author_id text not null,
    author_name text not null,
    session text not null,
    turn bigint not null,
    session_since bigint not null,
    -- The last revision, and the version that it has.
    revision int not null,
    saved_version bigint not null,
    -- The version in which a localised field was changed last, and that of the main language which a translation knows.
    told_version bigint not null,
    main_version bigint not null,
    changed_at timestamptz not null,
    -- Who asks for a review of which version, and who has approved which.
    asked_version bigint,
    asked_by text,
    approved_version bigint,
    approved_by text,
    -- What fans read.
    published_revision int,
    published_version bigint,
    published_at timestamptz,
    state text not null generated always as (case
        when published_version = version then 'published'
        when approved_version = version then 'approved'
        when asked_version = version then 'in-review'
        when published_version is null then 'draft'
        else 'changed' end) stored,
    primary key (entry, language),
    check ((published_revision is null) = (published_version is null)),
    check ((published_revision is null) = (published_at is null))
);

create index draft_latest on cms.draft (changed_at desc, entry desc) where is_main and not is_trashed;
create index draft_of_kind on cms.draft (kind, changed_at desc, entry desc) where is_main and not is_trashed;
create index draft_of_state on cms.draft (kind, state, changed_at desc, entry desc) where is_main and not is_trashed;
create index draft_of_language on cms.draft (language, kind, changed_at desc, entry desc) where not is_trashed;
create index draft_of_author on cms.draft (author_id, changed_at desc, entry desc) where not is_trashed;
create index draft_trashed on cms.draft (changed_at desc, entry desc) where is_main and is_trashed;
create index draft_words on cms.draft using gin (words);
create index draft_published on cms.draft (kind, entry) where is_main and published_revision is not null;

-- The latest bodies by version, so that whoever has written on from one of them can be told what has changed since.
create table cms.step (
    entry text collate "C" not null,
    language text collate "C" not null,
    version bigint not null,
    body jsonb not null,
    primary key (entry, language, version),
    foreign key (entry, language) references cms.draft (entry, language)
);

-- What was saved, published or brought back: for ever.
create table cms.revision (
    entry text collate "C" not null,
    language text collate "C" not null,
    number int not null check (number > 0),
    -- Which version of the draft it is.
    version bigint not null,
    act text not null check (act in ('make', 'save', 'autosave', 'restore', 'import', 'publish')),
    body jsonb not null,
    -- The names of the document's fields that differ from the revision before.
    changed text[] not null,
    -- Of which one it is a copy, where it was brought back.
    of_revision int,
    author_id text not null,
    author_name text not null,
    made_at timestamptz not null,
    primary key (entry, language, number),
    foreign key (entry, language) references cms.draft (entry, language)
);

create trigger revision_is_final before update or delete on cms.revision
    for each statement execute function cms.refuse_change();
create trigger revision_is_never_emptied before truncate on cms.revision
    for each statement execute function cms.refuse_change();

-- What somebody wrote on a version that others had gone beyond: until it is taken in or let go.
create table cms.aside (
    entry text collate "C" not null,
    language text collate "C" not null,
    author_id text not null,
    session text not null,
    author_name text not null,
    base bigint not null,
    turn bigint not null,
    body jsonb not null,
    at timestamptz not null,
    primary key (entry, language, author_id, session),
    foreign key (entry, language) references cms.draft (entry, language)
);

-- What fans read. Whom it is for is of the main language's document.
create table cms.published (
    entry text collate "C" not null,
    language text collate "C" not null,
    kind text not null,
    key text collate "C",
    is_main boolean not null,
    revision int not null,
    body jsonb not null,
    title text not null,
    published_at timestamptz not null,
    slot text,
    partners text[] not null,
    places text[] not null,
    languages text[] not null,
    from_at timestamptz,
    until_at timestamptz,
    priority smallint not null,
    primary key (entry, language),
    foreign key (entry, language) references cms.draft (entry, language),
    foreign key (entry, language, revision) references cms.revision (entry, language, number)
);

create index published_of_kind on cms.published (kind, slot, priority desc, entry) where is_main;
create index published_of_key on cms.published (kind, key) where is_main;

-- Which entries and pictures ("med_…") are named by what is published, and by what is written.
create table cms.relation (
    entry text collate "C" not null,
    language text collate "C" not null,
    of text not null check (of in ('draft', 'published')),
    target text collate "C" not null,
    path text not null,
    primary key (entry, language, of, target, path)
);

create index relation_of_target on cms.relation (target, of, entry, language);

-- What changed for fans, numbered as it was committed: one row is locked for each.
create table cms.news_epoch (
    id boolean primary key default true check (id),
    at bigint not null
);
insert into cms.news_epoch (at) values (0);

create table cms.news (
    number bigint primary key,
    at timestamptz not null,
    -- What caches have kept under these is over.
    keys text[] not null,
    -- What was done to which entries: [{"entry", "kind", "language", "act"}].
    what jsonb not null
);

create index news_at on cms.news (at);

-- Several documents that are published and unpublished together.
create table cms.release (
    -- "rel_…"
    id text collate "C" primary key,
    title text not null,
    -- Which one it takes back.
    reverts text collate "C" references cms.release (id),
    made_by text not null,
    made_name text not null,
    made_at timestamptz not null,
    published_at timestamptz,
    published_by text
);

create table cms.release_item (
    release text collate "C" not null references cms.release (id),
    entry text collate "C" not null references cms.entry (id),
    language text collate "C" not null,
    -- None: it is unpublished.
    revision int,
    -- What was published before, as it was when this was done.
    before_revision int,
    primary key (release, entry, language)
);

create index release_item_of_entry on cms.release_item (entry);

-- What is to be published or unpublished later: the truth of it. A job is only what wakes us.
create table cms.schedule (
    -- "sch_…"
    id text collate "C" primary key,
    entry text collate "C" references cms.entry (id),
    language text collate "C",
    -- Of the entry's document; none: it is unpublished.
    revision int,
    release text collate "C" references cms.release (id),
    -- When it is due; none while its moment is to come.
    due_at timestamptz,
    -- In which its editor thinks: an IANA name.
    zone text,
    match_id text,
    moment text,
    state text not null default 'waiting' check (state in ('waiting', 'done', 'missed', 'failed', 'withdrawn')),
    -- Why it was not done.
    reason text,
    asked_by text not null,
    asked_name text not null,
    asked_at timestamptz not null,
    ended_at timestamptz,
    check ((entry is null) <> (release is null)),
    check ((entry is null) = (language is null)),
    check ((match_id is null) = (moment is null)),
    check ((match_id is null) or (zone is null)),
    check (due_at is not null or match_id is not null),
    check ((state = 'waiting') = (ended_at is null))
);

create index schedule_due on cms.schedule (due_at) where state = 'waiting';
create index schedule_calendar on cms.schedule (due_at, id);
create index schedule_of_moment on cms.schedule (match_id, moment) where state = 'waiting';
create index schedule_of_entry on cms.schedule (entry);
create index schedule_of_release on cms.schedule (release);
create index schedule_troubled on cms.schedule (ended_at) where state in ('missed', 'failed');

-- What has happened in a match, once.
create table cms.moment (
    match_id text not null,
    moment text not null,
    at timestamptz not null,
    primary key (match_id, moment)
);

-- Who is what to the content.
create table cms.member (
    -- "usr_…"
    user_id text primary key,
    role text not null,
    -- Content types, and languages that may be changed; none: all.
    kinds text[],
    languages text[],
    changed_at timestamptz not null
);

-- Who has which form open: gone with a crash, and soon anyway.
create unlogged table cms.presence (
    entry text collate "C" not null,
    language text collate "C" not null,
    session text not null,
    user_id text not null,
    name text not null,
    -- The field that is being written.
    field text,
    seen_at timestamptz not null,
    primary key (entry, language, session)
);

create index presence_seen on cms.presence (seen_at);

-- Who has a preview's link sees a draft as it is.
create table cms.preview (
    token_sha256 bytea primary key check (octet_length(token_sha256) = 32),
    entry text collate "C" not null references cms.entry (id),
    language text collate "C" not null,
    made_by text not null,
    made_at timestamptz not null,
    ends_at timestamptz not null
);

create index preview_of_entry on cms.preview (entry);
create index preview_ends on cms.preview (ends_at);
