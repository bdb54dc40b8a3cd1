-- A campaign that was ended never goes live again.
alter table rewards.campaign add column ended_at timestamptz, add check (ended_at is null or live_version is null);

-- By whose a campaign is, its triggers and fans are chosen, and nobody else's: that stays as it was made.
create function rewards.refuse_other_owner() returns trigger language plpgsql as $$
begin
    raise exception 'whose a campaign is, is never changed' using errcode = 'restrict_violation';
end $$;

create trigger campaign_stays_whose_it_is before update of books, organisation_id on rewards.campaign
    for each row when (old.books is distinct from new.books or old.organisation_id is distinct from new.organisation_id)
    execute function rewards.refuse_other_owner();

create index campaign_of on rewards.campaign (books, organisation_id);
