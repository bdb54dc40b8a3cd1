//! How long a connection waits for a database that is half open: one whose host is gone, or whose locks or disk hang.

use std::time::Duration;
use tokio_postgres::Config;

/// The longest statement, but for those of a migration. Far beyond any of ours; beyond it the caller has gone.
pub(crate) const STATEMENT_MAX: Duration = Duration::from_secs(15);
/// For how long what was sent may go unacknowledged before the connection counts as broken.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(15);
/// After how much silence the server is asked whether it is still there, how often, and how many times in vain.
const SILENCE_MAX: Duration = Duration::from_secs(15);
const PROBE_EVERY: Duration = Duration::from_secs(5);
const PROBES_MAX: u32 = 3;

/// Sets what `url`, which `config` was read from, does not set itself. The TCP limits mean nothing on a unix socket.
pub(crate) fn set(config: &mut Config, url: &str) {
    // The driver does not tell a default from the same value set, so the URL's text is asked.
    let says = |name: &str| url.contains(name);
    if config.get_tcp_user_timeout().is_none() && !says("tcp_user_timeout=") {
        config.tcp_user_timeout(UNACKNOWLEDGED_MAX);
    }
    if !says("keepalives_idle=") {
        config.keepalives_idle(SILENCE_MAX);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(PROBE_EVERY);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(PROBES_MAX);
    }
    // None of ours runs so long that compiling it would pay, and where the planner thinks so, that takes a tenth of a second.
    // Ours first: PostgreSQL lets the last of two settings win.
    let ours = format!("-c jit=off -c statement_timeout={}", STATEMENT_MAX.as_millis());
    let options = match config.get_options() {
        Some(theirs) => format!("{ours} {theirs}"),
        None => ours,
    };
    config.options(options);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(url: &str) -> Config {
        let mut config: Config = url.parse().expect("a URL");
        set(&mut config, url);
        config
    }

    #[test]
    fn a_connection_has_limits() {
        let config = limited("postgresql://u@h/d");
        assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_secs(15)));
        assert_eq!(config.get_keepalives_idle(), Duration::from_secs(15));
        assert_eq!(config.get_keepalives_interval(), Some(Duration::from_secs(5)));
        assert_eq!(config.get_keepalives_retries(), Some(3));
        assert_eq!(config.get_options(), Some("-c jit=off -c statement_timeout=15000"));
    }

    #[test]
    fn what_the_url_says_counts() {
        let url = "postgresql://u@h/d?tcp_user_timeout=7&keepalives_idle=8&keepalives_interval=9&keepalives_retries=10\
                   &options=-c%20statement_timeout%3D11";
        let config = limited(url);
        assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_secs(7)));
        assert_eq!(config.get_keepalives_idle(), Duration::from_secs(8));
        assert_eq!(config.get_keepalives_interval(), Some(Duration::from_secs(9)));
        assert_eq!(config.get_keepalives_retries(), Some(10));
        assert_eq!(
            config.get_options(),
            Some("-c jit=off -c statement_timeout=15000 -c statement_timeout=11")
        );
        let off = limited("postgresql://u@h/d?tcp_user_timeout=0");
        assert_eq!(off.get_tcp_user_timeout(), None);
    }
}
