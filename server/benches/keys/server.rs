//! `crease all --demo` in a folder of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A running server; dropped, it ends.
pub(super) struct Crease {
    pub(super) address: SocketAddr,
    pub(super) key: String,
    /// May manage.
    pub(super) secret_key: String,
    pub(super) sandbox_match: String,
    process: Child,
    _folder: TempDir,
}

impl Crease {
    /// Starts it, with keys that are not asked for: the same route is measured without one.
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_crease"));
        command.args(["all", "--demo", "--port", "0", "--data"]).arg(folder.path());
        command.env("CREASE__KEYS__REQUIRED", "false").env("CREASE__SANDBOX__BALL_MS", "60000");
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the server listens before it ends").unwrap();
            let line: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            if line["message"] == "listening" {
                break line["address"].as_str().unwrap().parse().unwrap();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        let demo = std::fs::read_to_string(folder.path().join("demo.json")).unwrap();
        let demo: serde_json::Value = serde_json::from_str(&demo).unwrap();
        let text = |name: &str| demo[name].as_str().unwrap().to_owned();
        let (key, secret_key) = (text("publishable_key"), text("secret_key"));
        Self { address, key, secret_key, sandbox_match: text("sandbox_match"), process, _folder: folder }
    }
}

impl Drop for Crease {
    fn drop(&mut self) {
        // In order, so that its database goes with it.
        let pid = rustix::process::Pid::from_child(&self.process);
        let _gone = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ended = self.process.wait();
    }
}
