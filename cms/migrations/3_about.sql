-- What a document is about, by its name in the feed: the match of a preview, and whom or what a profile is of. Readers look for it.
alter table cms.published add column about text generated always as (
    case kind
        when 'match-preview' then body ->> 'match_id'
        when 'quiz' then body ->> 'match_id'
        when 'player' then body ->> 'feed_id'
        when 'team' then body ->> 'feed_id'
        when 'venue' then body ->> 'feed_id'
    end
) stored;

create index published_about on cms.published (kind, about) where is_main and about is not null;

-- The last news of an entry are looked for by who has published it.
create index news_of_entry on cms.news using gin (what jsonb_path_ops);
