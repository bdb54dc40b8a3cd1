-- What a reviewer said who sent a draft back, and who that was: until it is asked for again, or approved.
alter table cms.draft add column note text, add column note_name text;
