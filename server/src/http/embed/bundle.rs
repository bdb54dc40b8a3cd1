//! Where the widget's code is: what `dist/manifest.json` says, read once at the start.

use serde::Deserialize;
use std::path::Path;

/// The bundle of this release.
#[derive(Debug, Default, Deserialize)]
pub(in crate::http) struct Bundle {
    /// 16 hexadecimal digits over its content: it lies at `/v1/bundle/{name}/`.
    bundle: String,
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_named_by_the_manifest() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Bundle::read(folder.path()).name(), "");
        let manifest = r#"{"version": "0.1.0", "bundle": "ab", "files": []}"#;
        std::fs::write(folder.path().join("manifest.json"), manifest).unwrap();
        assert_eq!(Bundle::read(folder.path()).name(), "ab");
    }
}
