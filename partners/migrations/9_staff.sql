-- Staff redeem vouchers, and do nothing else.
alter table partners.member drop constraint member_role_check,
    add constraint member_role_check check (role in ('owner', 'admin', 'developer', 'analyst', 'billing', 'staff'));
alter table partners.invite drop constraint invite_role_check,
    add constraint invite_role_check check (role in ('owner', 'admin', 'developer', 'analyst', 'billing', 'staff'));
