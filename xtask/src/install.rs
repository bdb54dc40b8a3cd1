//! Finding what a command needs, and installing it where that is possible without asking.

use crate::{process, workspace};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// npm packages that shrink the bundle, pinned: other versions give other bytes.
const NODE_PACKAGES: &[&str] = &["binaryen@132.0.0", "esbuild@0.28.2"];
/// The same as one text, for fingerprints.
pub(crate) const NODE_PACKAGES_TEXT: &str = "binaryen@132.0.0 esbuild@0.28.2";

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
    match process::step("install wasm-opt and esbuild by npm", install) {
        Ok(()) => Some(tools),
        Err(why) => {
            println!("  not possible: {why:#}");
            None
        }
    }
}
