//! PostgreSQL's own programs for clients, set to reach a database.

use super::{Error, Origin, Postgres, find, process};
use rustix::process::Signal;
use std::process::Command;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

impl Postgres {
    /// A program such as `pg_dump`, which reaches this database without arguments: where it is, and the password, are in its environment, where other
    /// accounts do not see them. It is that of the cluster where there is one, else the newest that there is.
    ///
    /// # Errors
    /// [`Error::NoProgram`]; [`Error::Address`] of a `DATABASE_URL` that cannot be read.
    pub fn program(&self, name: &'static str) -> Result<Command, Error> {
        let beside = match &self.origin {
            Origin::Url => None,
            Origin::Bin(bin) | Origin::System(bin) | Origin::Bundled(bin) => Some(bin.join(name)),
        };
        let path = match beside.filter(|it| it.is_file()) {
            Some(path) => path,
            None => find::program(name).ok_or(Error::NoProgram { name })?,
        };
        let mut command = process::command(&path, None, Signal::TERM);
        if let Some(bin) = path.parent() {
            command.envs(find::environment(bin, &self.origin));
        }
        let config: Config = self.url.parse().map_err(Error::Address)?;
        if let Some(host) = config.get_hosts().first() {
            match host {
                Host::Tcp(name) => command.env("PGHOST", name),
                #[cfg(unix)]
                Host::Unix(folder) => command.env("PGHOST", folder),
            };
        }
        if let Some(port) = config.get_ports().first() {
            command.env("PGPORT", port.to_string());
        }
        for (variable, value) in [("PGUSER", config.get_user()), ("PGDATABASE", config.get_dbname())] {
            command.envs(value.map(|it| (variable, it)));
        }
        if let Some(password) = config.get_password() {
            command.env("PGPASSWORD", String::from_utf8_lossy(password).as_ref());
        }
        let mode = match config.get_ssl_mode() {
            SslMode::Disable => "disable",
            SslMode::Require => "require",
            _ => "prefer",
        };
        command.env("PGSSLMODE", mode);
        Ok(command)
    }
}
