//! The files that pages load, served from our own origin under a name that changes with their bytes.

use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// What the console's pages may load and do; sent with each of them. No inline script or style, nothing from elsewhere
/// but what a page's human check needs ([`crate::human`]), no frames around us.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A file and how to serve it.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    pub name: &'static str,
    pub content_type: &'static str,
    pub bytes: &'static [u8],
}

const ASSETS: [Asset; 18] = [
    Asset {
        name: "console.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/console.css"),
    },
    Asset {
        name: "console.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/console.js"),
    },
    Asset {
        name: "content.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/content.css"),
    },
    Asset {
        name: "content-form.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/content-form.js"),
    },
    Asset {
        name: "content.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/content.js"),
    },
    Asset {
        name: "finance.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/finance.css"),
    },
    Asset {
        name: "human.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/human.js"),
    },
    Asset {
        name: "library.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/library.css"),
    },
    Asset {
        name: "media.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/media.js"),
    },
    Asset {
        name: "operations.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/operations.css"),
    },
    Asset {
        name: "operations.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/operations.js"),
    },
    Asset {
        name: "partner.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/partner.css"),
    },
    Asset {
        name: "partner.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/partner.js"),
    },
    Asset {
        name: "passkey.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/passkey.js"),
    },
    Asset {
        name: "reference.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/reference.css"),
    },
    Asset {
        name: "rewards.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/rewards.css"),
    },
    Asset {
        name: "rich.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/rich.css"),
    },
    Asset { name: "icon.svg", content_type: "image/svg+xml", bytes: include_bytes!("../assets/icon.svg") },
];

/// The first 16 hex digits of SHA-256 over all assets: they change together, so that a page never mixes two versions.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for asset in &ASSETS {
        hash.update(asset.bytes);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
});

/// Where a page finds the file: `/console/assets/{version}/{name}`. Serve it as immutable.
pub fn path(name: &str) -> String {
    format!("/console/assets/{}/{name}", *VERSION)
}

/// The file at that path; none when the name is unknown or the version is not this build's.
pub fn find(version: &str, name: &str) -> Option<Asset> {
    ASSETS.into_iter().find(|it| it.name == name && version == *VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_is_found_at_its_own_path_and_at_no_other() {
        for asset in ASSETS {
            let path = path(asset.name);
            let (version, name) = path.strip_prefix("/console/assets/").unwrap().split_once('/').unwrap();
            assert_eq!(find(version, name).unwrap().bytes, asset.bytes);
            assert!(find("0000000000000000", name).is_none());
        }
        assert!(find(&VERSION, "../Cargo.toml").is_none());
    }

    #[test]
    fn the_script_needs_nothing_that_the_policy_forbids() {
        let scripts = ASSETS.iter().map(|it| it.name).filter(|it| it.ends_with(".js"));
        for name in scripts {
            let script = std::str::from_utf8(find(&VERSION, name).unwrap().bytes).unwrap();
            for forbidden in ["eval(", "new Function", ".style.", "innerHTML", "http:", "https:"] {
                assert!(!script.contains(forbidden), "{name}: {forbidden}");
            }
        }
    }
}
