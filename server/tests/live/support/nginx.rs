//! A real nginx with the sample configuration of deploy/nginx.

use super::DEADLINE;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;

const SAMPLE: &str = include_str!("../../../../deploy/nginx/crease.conf");

/// A running nginx. Dropping it kills it.
pub(crate) struct Nginx {
    master: Child,
    /// https://…
    pub(crate) url: String,
    folder: TempDir,
}

impl Nginx {
    /// nginx in front of the servers at two URLs. None, with a word, where there is no nginx, or no openssl for its certificate.
    pub(crate) fn before(servers: [&str; 2]) -> Option<Self> {
        for program in ["nginx", "openssl"] {
            if program_of(program).arg("version").output().is_err() {
                say(&format!("skipped: there is no {program} here"));
                return None;
            }
        }
        let until = Instant::now() + DEADLINE;
        // Its port is free now; should another process be faster, then the next.
        loop {
            let folder = tempfile::tempdir().unwrap();
            certify(folder.path());
            let address = free_address();
            configure(folder.path(), address, servers);
            let mut master = program_of("nginx");
            master.arg("-c").arg(folder.path().join("nginx.conf")).arg("-p").arg(folder.path());
            let master = master.stdin(Stdio::null()).spawn().unwrap();
            let mut nginx = Self { master, url: format!("https://{address}"), folder };
            if nginx.listens(address) {
                return Some(nginx);
            }
            assert!(Instant::now() < until, "nginx does not start: {}", nginx.errors());
        }
    }

    /// Whether it listens; not when it has given up.
    fn listens(&mut self, address: SocketAddr) -> bool {
        let until = Instant::now() + DEADLINE;
        while TcpStream::connect(address).is_err() {
            if self.master.try_wait().unwrap().is_some() || Instant::now() > until {
                return false;
            }
            std::thread::yield_now();
        }
        true
    }

    /// Has new workers take over, as after a change of the configuration.
    pub(crate) fn reload(&self) {
        let asked = Command::new("kill").args(["-HUP", &self.master.id().to_string()]).status();
        assert!(asked.unwrap().success());
    }

    fn errors(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Fast shutdown; killed, it would leave its workers behind.
        let _asked = Command::new("kill").args(["-TERM", &self.master.id().to_string()]).status();
        let _ended = self.master.wait();
    }
}

/// Debian keeps nginx where only root's path leads.
fn program_of(name: &str) -> Command {
    let in_sbin = Path::new("/usr/sbin").join(name);
    if in_sbin.is_file() { Command::new(in_sbin) } else { Command::new(name) }
}

fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

fn certify(folder: &Path) {
    let words =
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=crease.example";
    let mut openssl = program_of("openssl");
    openssl.args(words.split(' ')).arg("-keyout").arg(folder.join("crease.key"));
    let made = openssl.arg("-out").arg(folder.join("crease.crt")).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// The sample with other addresses and files, and an nginx.conf around it.
fn configure(folder: &Path, address: SocketAddr, servers: [&str; 2]) {
    let at = folder.display();
    let mut text = SAMPLE.to_owned();
    for (sample, ours) in [
        ("listen 443 ssl http2;", format!("listen {address} ssl http2;")),
        ("listen [::]:443 ssl http2;", String::new()),
        ("127.0.0.1:8700 ", format!("{} ", servers[0].trim_start_matches("http://"))),
        ("127.0.0.1:8701 ", format!("{} ", servers[1].trim_start_matches("http://"))),
        ("/etc/nginx/crease.crt", format!("{at}/crease.crt")),
        ("/etc/nginx/crease.key", format!("{at}/crease.key")),
    ] {
        assert_eq!(text.matches(sample).count(), 1, "{sample}");
        text = text.replace(sample, &ours);
    }
    std::fs::write(folder.join("crease.conf"), text).unwrap();
    let user = if rustix::process::getuid().is_root() { "user root;" } else { "" };
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|it| format!("    {it}_temp_path {at}/{it};\n"))
        .concat();
    let around = format!(
        "daemon off;\n{user}\nworker_processes 2;\nworker_shutdown_timeout 1s;\npid {at}/pid;\n\
         error_log {at}/error.log info;\nevents {{ worker_connections 1000; }}\n\
         http {{\n    access_log off;\n{paths}    include {at}/crease.conf;\n}}\n"
    );
    std::fs::write(folder.join("nginx.conf"), around).unwrap();
}

#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn say(text: &str) {
    eprintln!("{text}");
}
