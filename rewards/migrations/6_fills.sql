-- What operators have put into budgets: asked for once under its id, whatever is pressed how often. The units are the ledger's.
create table rewards.budget_fill (
    -- "trf_…", as a number: the ledger's transfers follow from it.
    id uuid primary key,
    campaign text not null references rewards.campaign (id),
    units bigint not null check (units > 0),
    why text not null,
    by_id text not null,
    asked_at timestamptz not null,
    -- The ledger has it; none: somebody was stopped in between, and presses again.
    filled_at timestamptz
);

create index budget_fill_of_campaign on rewards.budget_fill (campaign, asked_at);

-- A campaign that has been live and is not now is paused; one that never was is a draft.
alter table rewards.campaign add column was_live boolean not null default false;
