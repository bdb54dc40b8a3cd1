//! What is known of the world: its borders, and where addresses are.

use jiff::Timestamp;
use places::{Countries, CountriesError, Located, Regions};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

/// Borders, which come with the program, and a table of addresses, which its operator names and changes while it runs.
#[derive(Clone)]
pub struct World(Arc<Known>);

struct Known {
    regions: Regions,
    countries: RwLock<Arc<Countries>>,
    table: Option<PathBuf>,
    /// How the table's file was when it was read.
    read: Mutex<Option<Looks>>,
}

/// What changes when a file is another.
type Looks = (SystemTime, u64);

/// Why a table of addresses cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    #[error("reading the table of addresses {}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{}: {source}", path.display())]
    Table { path: PathBuf, source: CountriesError },
}

impl World {
    /// Without a table nobody is known to be anywhere by their address. Reads files: call it where that may take a while.
    pub fn new(table: Option<&Path>) -> Result<Self, WorldError> {
        let world = Self(Arc::new(Known {
            regions: Regions::ours(),
            countries: RwLock::new(Arc::new(Countries::none())),
            table: table.map(Path::to_owned),
            read: Mutex::new(None),
        }));
        world.reload()?;
        Ok(world)
    }

    pub fn regions(&self) -> &Regions {
        &self.0.regions
    }

    /// Where an address is: one that our own proxies vouch for.
    pub fn locate(&self, address: IpAddr) -> Located {
        let countries = Arc::clone(&self.0.countries.read().unwrap_or_else(PoisonError::into_inner));
        countries.locate(address)
    }

    /// What table there is, for operators: "/etc/crease/country.mmdb, made on 2026-11-24".
    pub fn said(&self) -> String {
        let Some(path) = &self.0.table else {
            return "no table of addresses: nobody is known to be in a country by their address".to_owned();
        };
        let countries = self.0.countries.read().unwrap_or_else(PoisonError::into_inner);
        let made = countries.made_at().and_then(|it| Timestamp::from_second(i64::try_from(it).ok()?).ok());
        let made = made.map_or_else(String::new, |it| it.strftime(", made on %Y-%m-%d").to_string());
        format!("{}{made}", path.display())
    }

    /// Reads the table again if its file is another; true where it was. What cannot be read leaves the one that is there.
    pub fn reload(&self) -> Result<bool, WorldError> {
        let Some(path) = &self.0.table else { return Ok(false) };
        let failed = |source| WorldError::File { path: path.clone(), source };
        let about = std::fs::metadata(path).map_err(failed)?;
        let looks = (about.modified().map_err(failed)?, about.len());
        // Held, so that two do not read at once.
        let mut read = self.0.read.lock().unwrap_or_else(PoisonError::into_inner);
        if *read == Some(looks) {
            return Ok(false);
        }
        let size = |source| WorldError::Table { path: path.clone(), source };
        let max = places::countries::TABLE_BYTES_MAX;
        if about.len() > max as u64 {
            return Err(size(CountriesError::Size { found: about.len() as usize, max }));
        }
        let bytes = std::fs::read(path).map_err(failed)?;
        let countries = Arc::new(Countries::read(bytes).map_err(size)?);
        *self.0.countries.write().unwrap_or_else(PoisonError::into_inner) = countries;
        *read = Some(looks);
        Ok(true)
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "World({:?})", self.0.countries.read().unwrap_or_else(PoisonError::into_inner))
    }
}
