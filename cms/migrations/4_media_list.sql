-- The library is listed by id, the newest first, whatever the database's own order of texts is.
create index media_latest on cms.media (id collate "C" desc) where state = 'ready';
