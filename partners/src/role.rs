//! What members of an organisation may do.

use crate::scope::{Scope, Scopes};

/// A member's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything; there is always one.
    Owner,
    /// Everything but making and unmaking owners.
    Admin,
    /// Sites, keys, signing secrets and webhooks.
    Developer,
    /// Looks at figures.
    Analyst,
    /// Money matters.
    Billing,
    /// Redeems vouchers at a till, and sees nothing else.
    Staff,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Figures, sites, the names of keys.
    Look,
    /// Sites, keys, signing secrets, webhooks.
    Build,
    /// Members below owners, invites, the organisation's name; the audit log.
    Manage,
    /// Owners.
    Own,
    /// Invoices and limits.
    Pay,
    /// Fans' vouchers.
    Redeem,
}

impl Role {
    pub const ALL: [Role; 6] =
        [Role::Owner, Role::Admin, Role::Developer, Role::Analyst, Role::Billing, Role::Staff];

    pub const fn word(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Admin => "admin",
            Role::Developer => "developer",
            Role::Analyst => "analyst",
            Role::Billing => "billing",
            Role::Staff => "staff",
        }
    }

    pub fn of_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|it| it.word() == word)
    }

    pub const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::Look => !matches!(self, Role::Staff),
            Permission::Build => matches!(self, Role::Owner | Role::Admin | Role::Developer),
            Permission::Manage => matches!(self, Role::Owner | Role::Admin),
            Permission::Own => matches!(self, Role::Owner),
            Permission::Pay => matches!(self, Role::Owner | Role::Admin | Role::Billing),
            Permission::Redeem => {
                matches!(self, Role::Owner | Role::Admin | Role::Developer | Role::Staff)
            }
        }
    }

    /// Whether who has this role may have a key made with such scopes: one that manages may what an admin may, and one that
    /// changes wallets, or says what earns, is for admins too.
    pub const fn may_issue(self, scopes: Scopes) -> bool {
        let is_for_admins =
            scopes.has(Scope::Manage) || scopes.has(Scope::Wallet) || scopes.has(Scope::Rewards);
        self.may(if is_for_admins { Permission::Manage } else { Permission::Build })
    }

    /// Whether who has this role may give and take the other.
    pub const fn may_give(self, other: Role) -> bool {
        self.may(if matches!(other, Role::Owner) { Permission::Own } else { Permission::Manage })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_its_name_says() {
        use Permission::{Build, Look, Manage, Own, Pay, Redeem};
        for (role, permissions) in [
            (Role::Owner, &[Look, Build, Manage, Own, Pay, Redeem][..]),
            (Role::Admin, &[Look, Build, Manage, Pay, Redeem]),
            (Role::Developer, &[Look, Build, Redeem]),
            (Role::Analyst, &[Look]),
            (Role::Billing, &[Look, Pay]),
            (Role::Staff, &[Redeem]),
        ] {
            for permission in [Look, Build, Manage, Own, Pay, Redeem] {
                assert_eq!(
                    role.may(permission),
                    permissions.contains(&permission),
                    "{role:?} {permission:?}"
                );
            }
            assert_eq!(Role::of_word(role.word()), Some(role));
        }
        assert!(Role::Owner.may_give(Role::Owner) && !Role::Admin.may_give(Role::Owner));
        let manages = Scopes::of(&[Scope::Feed, Scope::Manage]);
        assert!(Role::Admin.may_issue(manages) && !Role::Developer.may_issue(manages));
        assert!(Role::Developer.may_issue(Scopes::of(&[Scope::Feed, Scope::Read, Scope::Usage])));
        let wallets = Scopes::of(&[Scope::Wallet]);
        assert!(Role::Admin.may_issue(wallets) && !Role::Developer.may_issue(wallets));
        assert!(!Role::Analyst.may_issue(Scopes::NONE) && !Role::Staff.may_issue(Scopes::NONE));
        assert!(Role::Admin.may_give(Role::Staff) && !Role::Developer.may_give(Role::Staff));
        assert!(Role::Admin.may_give(Role::Admin) && !Role::Developer.may_give(Role::Analyst));
    }
}
