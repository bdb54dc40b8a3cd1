-- What is on its way is looked for now and then, and must not be searched for among all that rest.
drop index rewards.market_order_open;
create index market_order_left on rewards.market_order (market)
    where state in ('asked', 'given-up') or extra is not null;
create index market_order_resting on rewards.market_order (market) where state = 'resting';
