-- Who has vouchers of a product. Neither column changes, so that what is held still is.
create index account_asset on wallet.account (asset, kind, id);
