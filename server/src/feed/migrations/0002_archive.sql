-- Whether the match was announced as an archive: only such a one takes commands as recorded, which the strict checks refuse.
alter table server.match add column archive boolean not null default false;
