//! `cargo xtask demo`: a live match on a partner's page, from nothing but a Rust toolchain and a C linker.

mod claim;
mod postgres;

use crate::{
    args::Args,
    bundle::{self, Rebuild},
    http,
    process::{self, Service, step},
    workspace,
};
use anyhow::{Context, bail};
use claim::Claim;
use serde_json::Value;
use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

const PORT_DEFAULT: u16 = 8700;
/// Ports tried when the default one is taken.
const PORTS_TRIED: u16 = 50;
/// The first start creates a database cluster; a slow disk may take its time.
const READY_LIMIT: Duration = Duration::from_secs(120);
const REPLAY_LIMIT: Duration = Duration::from_secs(60);

/// Where the server writes the keys of the partner that it seeds, in the data folder.
const KEYS: &str = "demo.json";

/// What was asked for.
struct Wish {
    file: Option<PathBuf>,
    speed: Option<f64>,
    port: Option<u16>,
    then: Then,
}

/// What happens once everything is up.
#[derive(PartialEq)]
enum Then {
    /// Stay until someone asks us to end.
    Stay,
    /// Fetch each printed page once and stop; for checks.
    Stop,
}

/// What the server wrote about the partner that it seeded.
struct Partner {
    secret_key: String,
    sandbox_match: String,
    operations_secret: String,
}

pub(crate) fn run(mut args: Args) -> anyhow::Result<()> {
    let then = if args.flag("--once") { Then::Stop } else { Then::Stay };
    let wish = Wish {
        file: args.file("--match")?,
        speed: args.value("--speed")?,
        port: args.value("--port")?,
        then,
    };
    args.done()?;

    let data = workspace::root().join("data/demo");
    let mut claim = Claim::take(&data)?;
    let crease = step("build the server (cargo, development profile)", build_server)?;
    bundle::build(Rebuild::WhenChanged)?;
    let pg_bin = postgres::find_or_fetch(&crease, &data)?;
    let stop = process::asked_to_end()?;

    let port = free_port(wish.port)?;
    claim.note(&format!("http://localhost:{port}"))?;
    let mut services = vec![start_server(&crease, &data, port, pg_bin.as_deref())?];
    let outcome = show(&wish, &crease, &data, port, &mut services, &stop);
    println!("» stopping");
    for service in services.iter_mut().rev() {
        service.stop();
        println!("  {} has ended", service.name);
    }
    outcome
}

/// Compiles the server and says where it is. The development profile: it is on its feet minutes earlier on a
/// new machine, and one visitor does not tell the difference; what fans download is always the release.
pub(crate) fn build_server() -> anyhow::Result<PathBuf> {
    process::run(workspace::cargo().args(["build", "--package", "server"]))?;
    Ok(workspace::target_folder()?.join("debug/crease"))
}

/// The port to serve on: the one asked for or none, else the default or the next one that is free.
fn free_port(asked: Option<u16>) -> anyhow::Result<u16> {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    if let Some(port) = asked {
        anyhow::ensure!(is_free(&port), "port {port} is taken; leave --port out to take the next free one");
        return Ok(port);
    }
    let port =
        (PORT_DEFAULT..PORT_DEFAULT + PORTS_TRIED).find(is_free).context("no port is free from 8700 on")?;
    if port != PORT_DEFAULT {
        println!("» port {PORT_DEFAULT} is taken; using {port}");
    }
    Ok(port)
}

fn start_server(crease: &Path, data: &Path, port: u16, pg_bin: Option<&Path>) -> anyhow::Result<Service> {
    // Keys of an earlier run are of no use, and must not be taken for this one's.
    let keys = data.join(KEYS);
    if keys.exists() {
        fs::remove_file(keys)?;
    }
    let mut command = Command::new(crease);
    command.args(["all", "--demo"]);
    command.env("CREASE__HTTP__LISTEN", format!("127.0.0.1:{port}")).env("CREASE__DATA__DIR", data);
    if let Some(folder) = pg_bin {
        command.env("PG_BIN", folder);
    }
    Service::start("crease", &mut command, data.join("log/crease.log"))
}

/// A server with a demo partner, on a free port and with data of its own, for what is tried against it.
pub(crate) struct Alone {
    pub(crate) port: u16,
    pub(crate) secret_key: String,
    pub(crate) sandbox_match: String,
    /// Ends with this.
    _server: Service,
}

impl Alone {
    pub(crate) fn start(crease: &Path, data: &Path) -> anyhow::Result<Alone> {
        let pg_bin = postgres::find_or_fetch(crease, data)?;
        let port = free_port(None)?;
        let mut server = start_server(crease, data, port, pg_bin.as_deref())?;
        let keys = data.join(KEYS);
        wait_for_ready(port, &keys, &mut server, &AtomicBool::new(false))?;
        let Partner { secret_key, sandbox_match, .. } = read_partner(&keys)?;
        Ok(Alone { port, secret_key, sandbox_match, _server: server })
    }
}

/// From a started server to printed addresses, and until the end.
fn show(
    wish: &Wish,
    crease: &Path,
    data: &Path,
    port: u16,
    services: &mut Vec<Service>,
    stop: &Arc<AtomicBool>,
) -> anyhow::Result<()> {
    let keys = data.join(KEYS);
    step("start crease", || wait_for_ready(port, &keys, &mut services[0], stop))?;
    let partner = read_partner(&keys)?;
    let shown_match = match &wish.file {
        Some(file) => {
            services.push(start_replay(crease, data, port, file, wish.speed, &partner)?);
            let replay = services.last_mut().expect("it was just pushed");
            step(&format!("replay {}", file.display()), || wait_for_match(replay, stop))?
        }
        None => partner.sandbox_match.clone(),
    };
    let pages = print_addresses(port, &shown_match, &partner, data);
    match wish.then {
        Then::Stop => fetch_each(port, &pages),
        Then::Stay => stay(services, stop),
    }
}

fn wait_for_ready(port: u16, keys: &Path, server: &mut Service, stop: &AtomicBool) -> anyhow::Result<()> {
    let ready = process::wait_until(READY_LIMIT, || {
        still_wanted(server, stop)?;
        Ok(keys.is_file() && http::get(port, "/readyz").is_ok_and(|(status, _)| status == 200))
    })?;
    if !ready {
        bail!("not ready after {} s\n{}", READY_LIMIT.as_secs(), last_words(server));
    }
    Ok(())
}

/// Fails when the service has ended or the user wants to.
fn still_wanted(service: &mut Service, stop: &AtomicBool) -> anyhow::Result<()> {
    if stop.load(Ordering::Relaxed) {
        bail!("interrupted");
    }
    match service.ended() {
        Some(status) => bail!("{} ended with {status}\n{}", service.name, last_words(service)),
        None => Ok(()),
    }
}

fn last_words(service: &Service) -> String {
    format!("{}:\n{}", service.log.display(), process::tail(&process::read_log(&service.log), 30))
}

fn read_partner(file: &Path) -> anyhow::Result<Partner> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let json: Value =
        serde_json::from_str(&text).with_context(|| format!("{} is no JSON", file.display()))?;
    let field = |name: &str| {
        let text = json[name].as_str().with_context(|| format!("{} has no {name}", file.display()))?;
        anyhow::Ok(text.to_owned())
    };
    Ok(Partner {
        secret_key: field("secret_key")?,
        sandbox_match: field("sandbox_match")?,
        operations_secret: field("operations_secret")?,
    })
}

fn start_replay(
    crease: &Path,
    data: &Path,
    port: u16,
    file: &Path,
    speed: Option<f64>,
    partner: &Partner,
) -> anyhow::Result<Service> {
    let mut command = Command::new(crease);
    command.arg("replay").arg(file).args(["--url", &format!("http://127.0.0.1:{port}")]);
    // Not as an argument: those are shown to every user of the machine.
    command.env("CREASE_KEY", &partner.secret_key);
    if let Some(speed) = speed {
        command.args(["--speed", &speed.to_string()]);
    }
    Service::start("replay", &mut command, data.join("log/replay.log"))
}

/// The id of the match that the replay created, as soon as it says so.
fn wait_for_match(replay: &mut Service, stop: &AtomicBool) -> anyhow::Result<String> {
    let mut id = None;
    process::wait_until(REPLAY_LIMIT, || {
        id = match_id(&process::read_log(&replay.log));
        if id.is_none() {
            still_wanted(replay, stop)?;
        }
        Ok(id.is_some())
    })?;
    id.with_context(|| format!("the replay named no match\n{}", last_words(replay)))
}

/// The first match id in a text.
fn match_id(text: &str) -> Option<String> {
    let rest = &text[text.find("mat_")?..];
    let end = rest.find(|it: char| !it.is_ascii_alphanumeric() && it != '_').unwrap_or(rest.len());
    // A log may be read in the middle of a word.
    (end < rest.len()).then(|| rest[..end].to_owned())
}

/// Tells where everything is; returns the paths of the pages.
fn print_addresses(port: u16, shown_match: &str, partner: &Partner, data: &Path) -> Vec<String> {
    let partner_page = format!("/examples/plain-html/?match={shown_match}");
    let pages = [partner_page, "/console/scorer".to_owned(), "/reference".to_owned()];
    let [partner_page, scorer, reference] = &pages;
    println!("\nCrease is up. A partner's page, live:\n\n  http://localhost:{port}{partner_page}\n");
    println!("  score a match yourself   http://localhost:{port}{scorer}");
    println!("    sign in with           {}", partner.secret_key);
    println!("  see the jobs             http://localhost:{port}/console/operations");
    println!("    any name, and          {}", partner.operations_secret);
    println!("  the API, with examples   http://localhost:{port}{reference}");
    println!("  logs                     {}", data.join("log").display());
    println!("\nCtrl-C stops everything; the data stays in {}.", data.display());
    pages.to_vec()
}

fn fetch_each(port: u16, pages: &[String]) -> anyhow::Result<()> {
    for page in pages {
        let (status, body) = http::get(port, page).with_context(|| format!("fetching {page}"))?;
        anyhow::ensure!(status == 200, "{page} answered {status}: {}", process::tail(&body, 5));
        println!("  {page}: {status}, {} bytes", body.len());
    }
    Ok(())
}

/// Until someone asks us to end or the server ends by itself. A replay may end: its match is over then and
/// stays on the page.
fn stay(services: &mut [Service], stop: &AtomicBool) -> anyhow::Result<()> {
    let forever = Duration::from_secs(u64::from(u32::MAX));
    process::wait_until(forever, || {
        if stop.load(Ordering::Relaxed) {
            return Ok(true);
        }
        still_wanted(&mut services[0], stop)?;
        Ok(false)
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_id_is_taken_from_what_a_replay_says_once_it_is_complete() {
        assert_eq!(match_id(r#"{"msg":"created","match":"mat_01hx7"}"#), Some("mat_01hx7".to_owned()));
        assert_eq!(match_id("replaying into mat_01h"), None);
        assert_eq!(match_id("nothing yet"), None);
    }

    #[test]
    fn a_port_that_was_asked_for_and_is_taken_is_refused() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(free_port(Some(port)).unwrap_err().to_string().contains(&port.to_string()));
    }

    #[test]
    fn a_partner_file_without_a_key_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("demo.json");
        fs::write(&file, r#"{"publishable_key": "crs_pk_test_x"}"#).unwrap();
        assert!(read_partner(&file).err().unwrap().to_string().contains("secret_key"));
    }
}
