-- How far what editors publish was read for quizzes.
create table server.quiz_news (
    id boolean primary key default true check (id),
    number bigint not null
);
