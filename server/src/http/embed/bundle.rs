//! Where the widget's code is: what `dist/manifest.json` says, read once at the start.

use serde::Deserialize;
use std::path::Path;

/// The bundle of this release.
#[derive(Debug, Default, Deserialize)]
pub(in crate::http) struct Bundle {
    /// 16 hexadecimal digits over its content.
    bundle: String,
    files: Vec<File>,
}

/// A file as the manifest lists it.
#[derive(Debug, Deserialize)]
pub(super) struct File {
    /// Relative to `/v1/`: "bundle/a1b2…/crease.js".
    pub(super) path: String,
    /// Subresource Integrity: `sha384-` and base64.
    pub(super) integrity: String,
}

impl Bundle {
    /// An empty one where nothing was bundled: the first paint goes without the rest then.
    pub(super) fn read(dist: &Path) -> Self {
        let file = dist.join("manifest.json");
        let text = std::fs::read(&file).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_else(|error| {
            tracing::warn!(file = %file.display(), %error, "no bundle is named in first paints; `cargo xtask bundle` writes one");
            Self::default()
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.bundle
    }

    /// The script that the loader imports.
    pub(super) fn script(&self) -> Option<&File> {
        self.files.iter().find(|it| it.path.ends_with("/crease.js"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_the_bundle_s_and_not_the_loader() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Bundle::read(folder.path()).script().is_none());
        let manifest = r#"{"version": "0.1.0", "bundle": "ab", "files": [
            {"path": "crease.js", "bytes": 1, "integrity": "sha384-a"},
            {"path": "bundle/ab/crease.js", "bytes": 1, "integrity": "sha384-b"}]}"#;
        std::fs::write(folder.path().join("manifest.json"), manifest).unwrap();
        let bundle = Bundle::read(folder.path());
        assert_eq!((bundle.name(), bundle.script().unwrap().integrity.as_str()), ("ab", "sha384-b"));
    }
}
