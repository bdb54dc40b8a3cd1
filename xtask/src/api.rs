//! `cargo xtask api`: the whole API as its own description says it, tried by a program that knows nothing else of it (Schemathesis).

use crate::{
    args::Args,
    demo, http, install,
    process::{self, step},
    workspace,
};
use anyhow::Context;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// On PyPI, pinned: another version tries other things.
const PACKAGE: &str = "schemathesis==4.32.5";
/// Operations that would end the key which all others are asked with, or take its breath; they come last.
const ENDS_THE_KEY: &str = "^/v1/keys/\\{id\\}/(revoke|rotate|limits)$";

/// What is made before, so that addresses with an id in them lead to something: how the configuration calls its id, where it is made, and
/// of what. Each `SITE` is the id of the first.
const MADE: [(&str, &str, &str); 4] = [
    ("SITE", "/v1/sites", r#"{ "name": "Tried", "origins": ["https://tried.example"] }"#),
    ("KEY", "/v1/keys", r#"{ "name": "Tried", "kind": "publishable", "mode": "live", "site": "SITE" }"#),
    (
        "WEBHOOK",
        "/v1/webhooks",
        r#"{ "url": "https://hook.example/crease", "kinds": ["match.result"], "mode": "live" }"#,
    ),
    ("SIGNING_SECRET", "/v1/identity/secrets", r#"{ "mode": "live" }"#),
];

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    args.done()?;
    install::for_tests()?;
    let crease = step("build the server", demo::build_server)?;
    let tried = try_all(&crease)?;
    println!("Next: read {}", tried.display());
    Ok(())
}

/// Tries everything against a server with a database of its own; answers where the report is.
pub(crate) fn try_all(crease: &Path) -> anyhow::Result<PathBuf> {
    let program = install::from_pip("schemathesis", PACKAGE)?;
    // What it remembers of a run goes there too, so that each begins with the same.
    let data = workspace::target_folder()?.join("api");
    if data.exists() {
        // Of an earlier run, whose keys are of no use.
        fs::remove_dir_all(&data).context("removing what an earlier run left")?;
    }
    let server = demo::Alone::start(crease, &data)?;
    let made = make(&server)?;
    let log = workspace::target_folder()?.join("test-logs/api.log");
    fs::create_dir_all(log.parent().context("a log has a folder")?)?;
    let mut report = String::new();
    for filter in ["--exclude-path-regex", "--include-path-regex"] {
        let mut command = Command::new(&program);
        command.arg("--config-file").arg(workspace::root().join("server/tests/schemathesis.toml")).arg("run");
        command.arg(format!("http://127.0.0.1:{}/openapi.json", server.port));
        command.args([filter, ENDS_THE_KEY, "--no-color"]);
        command.arg("--header").arg(format!("Authorization: Bearer {}", server.secret_key));
        command.env("SANDBOX_MATCH", &server.sandbox_match).envs(made.iter().cloned()).current_dir(&data);
        let (status, said) = process::logged(&mut command, &log)?;
        report.push_str(&said);
        fs::write(&log, &report)?;
        anyhow::ensure!(status.success(), "{}\n  {status}; all of it: {}", failures(&said), log.display());
    }
    Ok(log)
}

fn make(server: &demo::Alone) -> anyhow::Result<Vec<(String, String)>> {
    let mut made: Vec<(String, String)> = Vec::new();
    for (name, path, body) in MADE {
        let body = made.iter().fold(body.to_owned(), |body, (name, id)| body.replace(name, id));
        let (status, answer) = http::post(server.port, path, &server.secret_key, &body)?;
        let id = answer.split("\"id\":\"").nth(1).and_then(|it| it.split('"').next());
        let id = id.with_context(|| format!("POST {path}: {status} {answer}"))?;
        made.push((name.to_owned(), id.to_owned()));
    }
    Ok(made)
}

/// What failed, and the sums.
fn failures(said: &str) -> &str {
    let begin = said.find("= FAILURES =").or_else(|| said.find("= ERRORS =")).unwrap_or_default();
    said[begin..].trim_start_matches('=')
}
