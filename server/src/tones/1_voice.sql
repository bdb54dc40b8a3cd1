-- Tones in which somebody follows a match, in any process: each says so again before its time is over.
create table server.voice (
    match_id text not null,
    tone text not null,
    language text not null,
    until timestamptz not null,
    primary key (match_id, tone, language)
);
