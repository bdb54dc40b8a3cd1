-- A match of which lines are kept. Its row is locked while lines are written, so that positions are in the order of commits.
create table commentary.game (
    game text primary key,
    -- The last position given out.
    position bigint not null
);

-- A ball in a tone, as fans read it.
create table commentary.line (
    game text not null references commentary.game (game) on delete cascade,
    innings int not null,
    -- The ball of the innings, from 0.
    ball int not null,
    tone text not null,
    language text not null,
    -- The history of the match that it is true of; a later one in which the ball says the same leaves the line alone.
    rev bigint not null,
    -- The hash of the ball's facts, and the preset's version.
    facts text not null,
    preset int not null,
    text text not null,
    -- The model's name, "cache" or "offline".
    source text not null,
    position bigint not null,
    made_at timestamptz not null,
    primary key (game, innings, ball, tone, language)
);

create index line_position on commentary.line (game, position);

-- Lines with places for values that the guard has let stand, for balls of the same shape.
create table commentary.template (
    shape text not null,
    tone text not null,
    language text not null,
    preset int not null,
    prompt int not null,
    model text not null,
    -- The hash of the facts of the ball that it was made for.
    facts text not null,
    template text not null,
    made_at timestamptz not null,
    primary key (shape, tone, language, preset, prompt, model, facts)
);

create index template_made_at on commentary.template (made_at);

-- What a match and a day may cost, in millionths of the currency.
create table commentary.budget (
    -- "game:mat_…" or "day:2026-11-30"
    scope text primary key,
    -- Spent, or reserved by a call under way.
    used bigint not null check (used >= 0),
    made_at timestamptz not null
);

-- What a model was asked.
create table commentary.call (
    id bigint generated always as identity primary key,
    game text not null,
    innings int not null,
    ball int not null,
    model text not null,
    tones int not null,
    -- 1, or 2 for what was refused.
    attempt smallint not null,
    reserved bigint not null,
    -- None while it is under way.
    cost bigint,
    tokens_in bigint,
    tokens_out bigint,
    ms int,
    -- "asked" while it is under way, then "told", "late", or an error's word.
    outcome text not null,
    made_at timestamptz not null
);

create index call_made_at on commentary.call (made_at);
create index call_game on commentary.call (game);
create index call_asked on commentary.call (made_at) where outcome = 'asked';

-- What became of lines, counted.
create table commentary.tally (
    day date not null,
    game text not null,
    tone text not null,
    language text not null,
    model text not null,
    -- "model", "cache", "offline", "refused"
    outcome text not null,
    -- Why a line was refused, or the offline one stood.
    reason text not null,
    lines bigint not null,
    primary key (day, game, tone, language, model, outcome, reason)
);
