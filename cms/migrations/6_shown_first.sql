-- What is shown of a type, in the order in which it is shown: a page of it reads no further than it is long.
create index published_first on cms.published (kind, priority desc, published_at desc, entry) where is_main;
