//! Finding what a command needs, and installing it where that is possible without asking.

mod debian;

use crate::{process, workspace};
use anyhow::{Context, bail};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// npm packages that shrink the bundle and that the console's pages load, pinned: other versions give other bytes.
const NODE_PACKAGES: &[&str] = &["binaryen@132.0.0", "esbuild@0.28.2", "htmx.org@4.0.1"];
/// The same as one text, for fingerprints.
pub(crate) const NODE_PACKAGES_TEXT: &str = "binaryen@132.0.0 esbuild@0.28.2 htmx.org@4.0.1";

/// Installs the wasm target when the toolchain lacks it.
pub(crate) fn wasm_target() -> anyhow::Result<()> {
    let target = "wasm32-unknown-unknown";
    let folder =
        process::capture(Command::new("rustc").args(["--print", "target-libdir", "--target", target]))?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    process::step("install the wasm target", || {
        process::run(Command::new("rustup").args(["target", "add", target]))
    })
}

/// Node programs in `target/tools/node`.
pub(crate) struct NodeTools {
    folder: PathBuf,
}

impl NodeTools {
    /// One of the installed programs, such as `wasm-opt`.
    pub(crate) fn command(&self, name: &str) -> Command {
        Command::new(self.folder.join("node_modules/.bin").join(name))
    }

    /// A file of an installed package, such as `htmx.org/dist/htmx.min.js`.
    pub(crate) fn file(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let path = self.folder.join("node_modules").join(path);
        fs::read(&path).with_context(|| format!("reading {}", path.display()))
    }
}

/// Finds or installs [`NODE_PACKAGES`]; `None`, with a word, where there is no npm or no network.
pub(crate) fn node_tools() -> Option<NodeTools> {
    let folder = workspace::target_folder().ok()?.join("tools/node");
    let note = folder.join("installed");
    let tools = NodeTools { folder: folder.clone() };
    if fs::read_to_string(&note).is_ok_and(|it| it == NODE_PACKAGES_TEXT) {
        return Some(tools);
    }
    process::capture(Command::new("npm").arg("--version")).ok()?;
    let install = || {
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("package.json"), "{\"private\": true}\n")?;
        let quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--fetch-retries=1"];
        process::capture(
            Command::new("npm").arg("install").args(quiet).args(NODE_PACKAGES).current_dir(&folder),
        )?;
        fs::write(&note, NODE_PACKAGES_TEXT)?;
        Ok(())
    };
    match process::step("install wasm-opt, esbuild and htmx by npm", install) {
        Ok(()) => Some(tools),
        Err(why) => {
            println!("  not possible: {why:#}");
            None
        }
    }
}

/// Something that the tests use and cargo cannot bring.
struct Need {
    what: &'static str,
    is_here: fn() -> bool,
    /// Debian's and Ubuntu's packages that bring it.
    packages: &'static [&'static str],
}

const NEEDS: &[Need] = &[
    Need { what: "a C compiler", is_here: || on_path("cc").is_some(), packages: &["gcc", "libc6-dev"] },
    Need { what: "PostgreSQL 15 or newer", is_here: has_postgres, packages: &["postgresql"] },
    Need { what: "Redis", is_here: || on_path("redis-server").is_some(), packages: &["redis-server"] },
    Need { what: "nginx", is_here: has_nginx, packages: &["nginx-light", "openssl"] },
    Need { what: "the program kill", is_here: || on_path("kill").is_some(), packages: &["procps"] },
    Need { what: "the program ip", is_here: has_ip, packages: &["iproute2"] },
    Need { what: "Python 3 with venv", is_here: has_python, packages: &["python3", "python3-venv"] },
    Need { what: "Node.js 18 or newer with npm", is_here: has_npm, packages: &["nodejs", "npm"] },
    Need { what: "Chromium", is_here: || chromium().is_some(), packages: &["chromium", "fonts-liberation"] },
];

/// Finds what the tests need; installs what is missing where that needs no question, else says what to
/// install.
pub(crate) fn for_tests() -> anyhow::Result<()> {
    let missing: Vec<&Need> = NEEDS.iter().filter(|it| !(it.is_here)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|it| it.packages).copied().collect();
    println!("  missing: {}", names(&missing));
    debian::install(&packages)?;
    let missing: Vec<&Need> = missing.into_iter().filter(|it| !(it.is_here)()).collect();
    if !missing.is_empty() {
        bail!("installed {}, yet still missing: {}", packages.join(" "), names(&missing));
    }
    Ok(())
}

/// Debian's Firefox, installed where that can be done without a question; others have none that the tests can drive, and do without.
pub(crate) fn firefox() -> Option<PathBuf> {
    let find = || {
        let named = env::var_os("FIREFOX_BIN").map(PathBuf::from).filter(|it| it.is_file());
        named.or_else(|| on_path("firefox-esr"))
    };
    if let Some(found) = find() {
        return Some(found);
    }
    if let Err(why) = debian::install(&["firefox-esr"]) {
        println!("  no Firefox: its tests are left out ({why:#})");
    }
    find()
}

/// Debian's promtool, which comes with Prometheus, installed where that can be done without a question; elsewhere rules are not tried.
pub(crate) fn promtool() -> Option<PathBuf> {
    let find = || on_path("promtool");
    if find().is_none()
        && let Err(why) = debian::install(&["prometheus"])
    {
        println!("  no promtool: the rules of alarms are not tried ({why:#})");
    }
    find()
}

/// A program of PyPI, in a virtual environment of its own; `package` names its version.
pub(crate) fn from_pip(program: &str, package: &str) -> anyhow::Result<PathBuf> {
    Ok(pip_tools(program, &[package])?.join(program))
}

/// Packages of PyPI, each with its version, in a virtual environment under `target/`, installed once: the folder of its programs, `python` among them.
pub(crate) fn pip_tools(name: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    let folder = workspace::target_folder()?.join("tools").join(name);
    let (programs, note) = (folder.join("bin"), folder.join("installed"));
    let wanted = packages.join(" ");
    if fs::read_to_string(&note).is_ok_and(|it| it == wanted) {
        return Ok(programs);
    }
    process::step(&format!("install {name} by pip"), || {
        process::capture(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        let words = ["install", "--quiet", "--disable-pip-version-check"];
        process::capture(Command::new(folder.join("bin/pip")).args(words).args(packages))?;
        fs::write(&note, &wanted).context("noting what was installed")
    })?;
    Ok(programs)
}

/// Debian's WordPress with PHP and MariaDB, installed where that can be done without a question; the plugin's test does without elsewhere.
pub(crate) fn wordpress() -> Option<PathBuf> {
    let files = Path::new("/usr/share/wordpress");
    let is_here = || {
        let programs = ["php", "mariadb", "mariadb-install-db"].iter().all(|it| on_path(it).is_some());
        programs && for_root("mariadbd") && files.join("wp-load.php").is_file()
    };
    if !is_here()
        && let Err(why) = debian::install(&["wordpress", "php-cli", "php-mysql", "mariadb-server"])
    {
        println!("  no WordPress: its test is left out ({why:#})");
    }
    is_here().then(|| files.to_owned())
}

fn names(needs: &[&Need]) -> String {
    needs.iter().map(|it| it.what).collect::<Vec<_>>().join(", ")
}

/// A program in a folder of `PATH`.
fn on_path(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|it| it.join(program)).find(|it| it.is_file())
}

/// The browser: `CHROMIUM_BIN`, or one that is installed.
pub(crate) fn chromium() -> Option<PathBuf> {
    let named = env::var_os("CHROMIUM_BIN").map(PathBuf::from).filter(|it| it.is_file());
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let on_macos = Path::new("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
    named
        .or_else(|| names.iter().find_map(|it| on_path(it)))
        .or_else(|| on_macos.is_file().then(|| on_macos.to_owned()))
}

/// Its tests make a certificate.
fn has_nginx() -> bool {
    for_root("nginx") && on_path("openssl").is_some()
}

/// Tests that cut networks run on Linux alone.
fn has_ip() -> bool {
    !cfg!(target_os = "linux") || for_root("ip")
}

/// A program that Debian keeps where only root's path leads.
fn for_root(program: &str) -> bool {
    on_path(program).is_some() || Path::new("/usr/sbin").join(program).is_file()
}

/// Debian keeps PostgreSQL's programs off the path, one folder a version.
fn has_postgres() -> bool {
    let named = ["PG_BIN", "CREASE_TEST_DATABASE_URL"].iter().any(|it| env::var_os(it).is_some());
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    named
        || on_path("postgres").is_some()
        || versions.map(|it| it.path().join("bin/postgres")).any(|it| it.is_file())
}

/// Playwright refuses older ones.
const NODE_MAJOR_MIN: u32 = 18;

/// Debian splits what a virtual environment needs off Python.
fn has_python() -> bool {
    process::capture(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok()
}

fn has_npm() -> bool {
    let version = process::capture(Command::new("node").arg("--version")).unwrap_or_default();
    on_path("npm").is_some() && node_major(&version).is_some_and(|it| it >= NODE_MAJOR_MIN)
}

/// `20` in `v20.20.2`.
fn node_major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_as_one_text_are_the_packages() {
        assert_eq!(NODE_PACKAGES_TEXT, NODE_PACKAGES.join(" "));
    }

    #[test]
    fn a_node_says_its_major_version() {
        assert_eq!(node_major("v20.20.2\n"), Some(20));
        assert_eq!(node_major("command not found"), None);
    }

    #[test]
    fn a_program_is_found_on_the_path_and_an_unknown_one_is_not() {
        assert!(on_path("sh").is_some());
        assert_eq!(on_path("no-such-program-anywhere"), None);
    }
}
