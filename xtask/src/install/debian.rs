//! Debian's and Ubuntu's packages, as root or through a sudo that asks nothing.

use crate::process;
use anyhow::bail;
use std::process::Command;

/// Installs packages, or says the command that would.
pub(super) fn install(packages: &[&str]) -> anyhow::Result<()> {
    let by_hand = format!("apt-get install {}", packages.join(" "));
    if super::on_path("apt-get").is_none() {
        bail!("install what Debian calls {}; then run this again", packages.join(", "));
    }
    let Some(become_root) = root_words() else {
        bail!("run `sudo {by_hand}`, then run this again");
    };
    let apt = |words: &[&str]| {
        let mut all: Vec<&str> = become_root.to_vec();
        all.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=2", "--yes"]);
        all.extend(words);
        process::capture(Command::new(all[0]).args(&all[1..])).map(drop)
    };
    process::step("apt-get update", || apt(&["update"]))?;
    process::step(&by_hand, || apt(&[&["install", "--no-install-recommends"], packages].concat()))
}

/// The words that a root command begins with; `None` when this user cannot become root without a question.
fn root_words() -> Option<&'static [&'static str]> {
    if rustix::process::geteuid().is_root() {
        return Some(&[]);
    }
    let can_sudo = process::capture(Command::new("sudo").args(["--non-interactive", "true"])).is_ok();
    can_sudo.then_some(&["sudo", "--non-interactive"])
}
