//! The real binary.

use super::DEADLINE;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Instant;
use tempfile::TempDir;

/// A running `crease`. Dropping it kills it.
pub(crate) struct Crease {
    child: Child,
    pub(crate) url: String,
    log: Receiver<String>,
}

/// What all processes of one database must have the same of.
pub(crate) const SECRETS_KEY: &str = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

impl Crease {
    /// The program without anything of this machine's environment that would change what it does.
    pub(crate) fn program() -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_crease"));
        for (name, _) in std::env::vars() {
            if name.starts_with("CREASE_") || name == "DATABASE_URL" || name == "REDIS_URL" {
                program.env_remove(name);
            }
        }
        // As several processes of one database have it.
        program.env("CREASE__SECRETS__KEY", SECRETS_KEY);
        program.stdin(Stdio::null());
        program
    }

    /// A folder for its data, which the account that PostgreSQL runs under may enter.
    pub(crate) fn data() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        folder
    }

    /// `crease all --demo` over its own PostgreSQL in `data`, at a free port. Answers when it listens.
    pub(crate) fn start(data: &Path, settings: &[(&str, &str)]) -> Self {
        let mut program = Self::program();
        program.args(["all", "--demo", "--port", "0", "--data"]).arg(data);
        program.envs(settings.iter().copied());
        Self::listening(program)
    }

    /// Starts a server and waits until it listens.
    pub(crate) fn listening(mut program: Command) -> Self {
        let mut child = program.stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (heard, log) = mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|it| heard.send(it)));
        let mut crease = Self { child, url: String::new(), log };
        let listening = crease.logged("listening");
        crease.url = format!("http://{}", listening["address"].as_str().unwrap());
        crease
    }

    /// Waits for a line of its log with this message.
    pub(crate) fn logged(&mut self, message: &str) -> Value {
        let until = Instant::now() + DEADLINE;
        let mut before = Vec::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(line) = self.log.recv_timeout(left) else {
                panic!("{message}: never logged, but\n{}", before.join("\n"));
            };
            if let Ok(value) = serde_json::from_str::<Value>(&line)
                && value["message"] == message
            {
                return value;
            }
            before.push(line);
        }
    }

    /// The process's id.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, by SIGTERM.
    pub(crate) fn terminate(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.unwrap().success());
    }

    /// Asks it to stop, and answers what it logged since the last line that was waited for.
    pub(crate) fn last_words(self) -> String {
        self.terminate();
        self.log.iter().collect::<Vec<_>>().join("\n")
    }

    /// How it ended.
    pub(crate) fn ended(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// The keys of the demo partner of this run.
    pub(crate) fn demo(data: &Path) -> Value {
        serde_json::from_slice(&std::fs::read(data.join("demo.json")).unwrap()).unwrap()
    }

    /// Runs the program to its end: exit status, standard output, standard error.
    pub(crate) fn run(program: &mut Command) -> (Option<i32>, String, String) {
        let mut child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = child.stderr.take().unwrap();
        let reading = std::thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).map(|_| text)
        });
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        (child.wait().unwrap().code(), out, reading.join().unwrap().unwrap())
    }
}

impl Drop for Crease {
    fn drop(&mut self) {
        // It may have ended already, which is what we want.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
