-- Taking part is free: no table here has a column for what somebody pays, and none may be given one.

create table quizzes.quiz (
    number bigint generated always as identity primary key,
    -- "quz_…"
    id text not null unique,
    books text not null check (books in ('live', 'test')),
    -- An entry of the CMS by its id, or a set made from a template by its name.
    source text not null check (source in ('entry', 'template')),
    source_id text not null,
    -- Of the entry: an older one changes nothing.
    revision bigint not null check (revision >= 0),
    -- Whose fans it is for; all fans', where it is nobody's.
    organisation_id text,
    match_id text,
    series text,
    -- The rule of places by which somebody may answer; from everywhere, where there is none.
    fence text,
    -- By language.
    titles jsonb not null,
    made_at timestamptz not null,
    changed_at timestamptz not null,
    withdrawn_at timestamptz,
    unique (books, source, source_id)
);

create index quiz_of_match on quizzes.quiz (match_id) where match_id is not null;
create index quiz_of_none on quizzes.quiz (books, number) where match_id is null;

create sequence quizzes.ordinal;

create table quizzes.question (
    number bigint generated always as identity primary key,
    quiz bigint not null references quizzes.quiz (number),
    -- "qun_…"
    id text not null unique,
    -- What its author calls it within the quiz.
    key text not null,
    place int not null,
    -- A `Kind`, a `Window` and the words by language, checked.
    kind jsonb not null,
    word text not null,
    time jsonb not null,
    texts jsonb not null,
    -- Of the boards, for a right answer.
    points int not null check (points between 1 and 1000),
    state text not null default 'planned' check (state in ('planned', 'open', 'locked', 'settled', 'void')),
    -- As far as they are known.
    opens_at timestamptz,
    locks_at timestamptz,
    -- No answer is accepted before this one was: the clock may have been set back.
    accepted_at timestamptz,
    choice text,
    why text,
    settled_at timestamptz,
    -- The log of the match that it goes by, since something has happened there to it, and the position by which it was settled.
    epoch bigint,
    rev bigint,
    seq bigint,
    -- How often what is right has changed, and which of these has reached all answers.
    generation int not null default 0,
    done int not null default 0,
    -- Its place among all that were settled.
    ordinal bigint,
    unique (quiz, key),
    check ((state = 'settled') = (choice is not null)),
    check ((state = 'void') = (why is not null)),
    check (done <= generation)
);

create table quizzes.answer (
    question bigint not null references quizzes.question (number),
    fan_id text not null,
    choice text not null,
    -- By the server's clock, never before the answer before it.
    accepted_at timestamptz not null,
    organisation_id text not null,
    -- A hash that says nothing but whether two are the same.
    device text,
    -- The version of the fence's rule that let it in.
    fence_version bigint,
    -- What it is about had happened: it does not count.
    is_late boolean not null default false,
    outcome text check (outcome in ('right', 'wrong', 'void')),
    -- Under which name its triggers were told last; negative when that was taken back, 0 where there was none.
    told_answer int not null default 1,
    told_right int not null default 0,
    told_run int not null default 0,
    primary key (question, fan_id)
);

create index answer_of_fan on quizzes.answer (fan_id);
create index answer_of_device on quizzes.answer (device, accepted_at) where device is not null;
create index answer_old on quizzes.answer (accepted_at);

-- How many have chosen what: moves with the answers, in their transaction.
create table quizzes.tally (
    question bigint not null references quizzes.question (number),
    choice text not null,
    fans bigint not null check (fans >= 0),
    primary key (question, choice)
) with (fillfactor = 50);

create table quizzes.board (
    number bigint generated always as identity primary key,
    books text not null check (books in ('live', 'test')),
    kind text not null check (kind in ('match', 'series', 'partner')),
    name text not null,
    unique (books, kind, name)
);

create table quizzes.score (
    board bigint not null references quizzes.board (number),
    fan_id text not null,
    points int not null,
    -- So that one index has the best first, and of those who share a rank the first id.
    behind int not null generated always as (-points) stored,
    answered int not null,
    is_right int not null,
    -- Not where somebody is blocked, or waits for a review.
    is_ranked boolean not null,
    primary key (board, fan_id)
);

create index score_ranked on quizzes.score (board, behind, fan_id) where is_ranked;
create index score_of_fan on quizzes.score (fan_id);

-- How many of those who are ranked have so many points: a rank is a sum of these.
create table quizzes.level (
    board bigint not null references quizzes.board (number),
    points int not null,
    fans bigint not null check (fans >= 0),
    primary key (board, points)
);

-- A fan's right answers of a series in a row, and days in a row with one.
create table quizzes.streak (
    books text not null,
    series text not null,
    fan_id text not null,
    answers int not null,
    best int not null,
    -- The last question that counted, by its ordinal.
    ordinal bigint not null,
    days int not null,
    best_days int not null,
    -- The last day with a right answer, the last one that does not break it, and the last one that was looked at; counted from 1970-01-01.
    last_day int not null,
    kept_day int not null,
    seen_day int not null,
    primary key (fan_id, books, series)
);

-- Whose answers to a quiz were all right, and under which name that was told, as in `answer`.
create table quizzes.perfect (
    quiz bigint not null references quizzes.quiz (number),
    fan_id text not null,
    told int not null,
    primary key (quiz, fan_id)
);

create index perfect_of_fan on quizzes.perfect (fan_id);

-- Devices with more fans on a day than a family has: their fans are not ranked until somebody has looked.
create table quizzes.held_device (
    device text not null,
    day int not null,
    held_at timestamptz not null,
    cleared_at timestamptz,
    primary key (device, day)
);

create table quizzes.fan (
    fan_id text primary key,
    -- What boards show.
    handle text not null,
    picked_at timestamptz not null
);

-- What was told to open pages, and how far that has come: one transaction after the other.
create table quizzes.news_epoch (
    id boolean primary key default true check (id),
    at bigint not null
);

insert into quizzes.news_epoch (at) values (0);

create table quizzes.news (
    number bigint primary key,
    at timestamptz not null,
    items jsonb not null
);

create index news_at on quizzes.news (at);
