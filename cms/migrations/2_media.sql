-- A picture that somebody uploaded. Its bytes are elsewhere, by the names in cms.media_file.
create table cms.media (
    -- "med_…"
    id text primary key,
    -- Of the bytes as they were uploaded.
    sha256 bytea not null check (length(sha256) = 32),
    -- 'making' from before its first file is kept until all are; 'going' from before the first is deleted.
    state text not null check (state in ('making', 'ready', 'going')),
    -- What its file was called where it came from.
    name text not null,
    format text not null check (format in ('jpeg', 'png', 'webp', 'gif')),
    -- Pixels, upright.
    width int not null check (width > 0),
    height int not null check (height > 0),
    -- Of the upload, bytes.
    bytes bigint not null,
    -- What most of it is: 0xRRGGBB.
    colour int not null check (colour between 0 and 16777215),
    -- What must not be cut off, in thousandths from the left and from the top.
    focus_x smallint not null default 500 check (focus_x between 0 and 1000),
    focus_y smallint not null default 500 check (focus_y between 0 and 1000),
    -- What it shows, for who does not see it; none is shown to others without.
    alt text not null default '',
    caption text not null default '',
    credit text not null default '',
    made_by text not null,
    made_at timestamptz not null,
    trashed_at timestamptz,
    -- Grows with each change.
    version int not null default 1,
    words tsvector not null
        generated always as (to_tsvector('simple', name || ' ' || alt || ' ' || caption || ' ' || credit)) stored
);

-- The same bytes are one picture.
create unique index media_once on cms.media (sha256) where state <> 'going';
create index media_by_words on cms.media using gin (words);
create index media_unfinished on cms.media (made_at) where state <> 'ready';
create index media_trashed on cms.media (trashed_at) where trashed_at is not null;

-- A file of a picture. Its bytes never change: what changes is which files a picture has.
create table cms.media_file (
    -- "med_…/2-0123456789abcdef.webp": by the version that it came with, and its content.
    name text primary key,
    media_id text not null references cms.media (id),
    shape text not null check (shape in ('master', 'whole', 'square', 'wide')),
    format text not null check (format in ('jpeg', 'png', 'webp')),
    width int not null check (width > 0),
    height int not null check (height > 0),
    bytes int not null,
    -- Others have taken its place since, or have not yet; pages that are open may still ask for it.
    replaced_at timestamptz
);

create index media_file_of on cms.media_file (media_id);
create index media_file_replaced on cms.media_file (replaced_at) where replaced_at is not null;

-- Who uses a picture: it is not deleted then.
create table cms.media_use (
    media_id text not null references cms.media (id),
    -- What uses it, by whatever its owner calls it: "ent_…/en".
    used_by text not null,
    primary key (used_by, media_id)
);

create index media_use_of on cms.media_use (media_id);

-- Bytes of files where no other place is configured.
create table cms.media_blob (
    name text primary key,
    bytes bytea not null
);
-- Pictures are compressed already.
alter table cms.media_blob alter column bytes set storage external;
