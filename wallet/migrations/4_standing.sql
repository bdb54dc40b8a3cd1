-- How an account stands is what its last entry says: a transfer writes two entries, and no account. What is held is with the account, and
-- changes with holds alone.
alter table wallet.entry
    -- What the account had taken and given on a day, counted from 1970-01-01, with this.
    add column day int not null default 0,
    add column day_in bigint not null default 0,
    add column day_out bigint not null default 0;

alter table wallet.account
    drop column posted,
    drop column version,
    drop column day,
    drop column day_in,
    drop column day_out;

create view wallet.standing as
select a.*, coalesce(e.balance_after, 0) as posted, coalesce(e.version, 0) as version, coalesce(e.day, 0) as day,
    coalesce(e.day_in, 0) as day_in, coalesce(e.day_out, 0) as day_out
from wallet.account a
left join lateral (select * from wallet.entry where account = a.id order by version desc limit 1) e on true;

-- Whoever writes batches locks the chains.
alter table wallet.batch drop constraint batch_chain_fkey;

-- Grows with each change of an account of the chain, also by a batch of another, or by none, such as that it is frozen.
alter table wallet.chain add column changes bigint not null default 0;

-- Where a batch begins: locks all chains that it was judged by, and writes their next batches if they are as they were then.
-- `hashes` has nothing where a chain gets no batch; `touched` says whether its accounts change. Raises CW001 where a chain has moved on, and
-- CW002 where the writer's time is not the database's.
create function wallet.advance(
    numbers smallint[], seqs bigint[], changed bigint[], epochs bigint[], hashes bytea[], counts int[], touched boolean[],
    by_writer text, at timestamptz, apart_max interval
) returns void language plpgsql as $$
declare
    same int;
    made timestamptz;
begin
    if at - clock_timestamp() not between - apart_max and apart_max then
        raise exception 'the time % of the writer is not the time of the database', at using errcode = 'CW002';
    end if;
    -- A transaction is not waited for to be on the disk before others may read it: who answers waits. While there are few accounts, the
    -- planner would read them all to find a hundred.
    perform set_config('synchronous_commit', 'off', true), set_config('enable_seqscan', 'off', true);
    perform 1 from wallet.chain c where c.number = any (numbers) order by c.number for update;
    -- After every batch that was there, of whichever chain, whatever the writer's clock says: what the books were at a moment that is over
    -- stays what they were.
    select greatest(at, max(c.made_at) + interval '1 microsecond') into made from wallet.chain c;
    update wallet.chain c set
        changes = case when it.is_touched then c.changes + 1 else c.changes end,
        seq = case when it.hash is null then c.seq else c.seq + 1 end,
        hash = coalesce(it.hash, c.hash),
        epoch = case when it.hash is null then c.epoch else it.epoch end,
        writer = case when it.hash is null then c.writer else by_writer end,
        made_at = case when it.hash is null then c.made_at else made end
    from unnest(numbers, seqs, changed, epochs, hashes, touched) it (number, seq, changes, epoch, hash, is_touched)
    where c.number = it.number and c.seq = it.seq and c.changes = it.changes;
    get diagnostics same = row_count;
    if same < cardinality(numbers) then
        raise exception 'a chain has moved on' using errcode = 'CW001';
    end if;
    insert into wallet.batch (chain, seq, epoch, transfers, hash, made_at)
    select it.number, it.seq + 1, it.epoch, it.count, it.hash, made
    from unnest(numbers, seqs, epochs, hashes, counts) it (number, seq, epoch, hash, count) where it.hash is not null;
end $$;
