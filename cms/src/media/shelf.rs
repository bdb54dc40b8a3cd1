//! Where the bytes of files are kept: rows of PostgreSQL, a folder, or a bucket that speaks S3.

use super::error::Error;
use bytes::Bytes;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::Store;

/// How long a bucket is waited for: to be reached, for one answer, and with all tries.
const CONNECT_SECONDS_MAX: u64 = 5;
const ANSWER_SECONDS_MAX: u64 = 30;
const TRIES_SECONDS_MAX: u64 = 60;
const TRIES_MAX: usize = 4;

/// As it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The database itself: nothing to set up, and in its backups.
    Rows,
    /// Made where it is not there. Each process that serves pictures needs the same.
    Folder(PathBuf),
    Bucket(Bucket),
}

/// One of Amazon S3, or of what speaks as it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    pub region: String,
    /// `https://…` of another than Amazon's, whose buckets are then folders of it; `http://…` where the network is trusted.
    pub endpoint: Option<String>,
    /// What all names begin with, such as "pictures".
    pub folder: String,
    /// None: those of the machine, by its role.
    pub keys: Option<Keys>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    pub id: String,
    pub secret: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("id", &self.id).field("secret", &"…").finish()
    }
}

/// Where files are put, and had from. Names are never used twice, so that what is there is never another.
#[derive(Clone)]
pub struct Shelf(Kind);

#[derive(Clone)]
enum Kind {
    Rows(Store),
    Objects { objects: Arc<dyn ObjectStore>, folder: Path },
}

const PUT: &str = "insert into cms.media_blob (name, bytes) values ($1, $2) on conflict (name) do nothing";
const TAKE: &str = "select bytes from cms.media_blob where name = $1";
const DELETE: &str = "delete from cms.media_blob where name = $1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[PUT, TAKE, DELETE];

impl Shelf {
    /// In the database.
    pub fn rows(store: &Store) -> Self {
        Shelf(Kind::Rows(store.clone()))
    }

    /// A bucket is not asked for anything yet.
    pub fn open(place: &Place, store: &Store) -> Result<Self, Error> {
        match place {
            Place::Rows => Ok(Self::rows(store)),
            Place::Folder(folder) => {
                let bad = |reason: String| Error::Place { reason };
                std::fs::create_dir_all(folder)
                    .map_err(|error| bad(format!("{}: {error}", folder.display())))?;
                let objects = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
                Ok(Shelf::of(Arc::new(objects), Path::default()))
            }
            Place::Bucket(bucket) => {
                let folder = Path::parse(bucket.folder.trim_matches('/'));
                let folder = folder.map_err(|error| Error::Place { reason: error.to_string() })?;
                Ok(Shelf::of(Arc::new(builder(bucket)?.build()?), folder))
            }
        }
    }

    pub(super) fn of(objects: Arc<dyn ObjectStore>, folder: Path) -> Self {
        Shelf(Kind::Objects { objects, folder })
    }

    /// Keeps a file. What is there under that name is the same.
    pub(super) async fn put(&self, name: &str, bytes: Bytes) -> Result<(), Error> {
        match &self.0 {
            Kind::Rows(store) => {
                store.run_one("cms.media_put", PUT, &[&name, &bytes.as_ref()]).await?;
            }
            Kind::Objects { objects, folder } => {
                objects.put(&at(folder, name)?, PutPayload::from_bytes(bytes)).await?;
            }
        }
        Ok(())
    }

    /// The bytes of a file; none where there is none of that name.
    pub async fn take(&self, name: &str) -> Result<Option<Bytes>, Error> {
        match &self.0 {
            Kind::Rows(store) => {
                let row = store
                    .read("cms.media_take", async |client| client.query_opt(TAKE, &[&name]).await)
                    .await?;
                Ok(row.map(|it| Bytes::from(it.get::<_, Vec<u8>>("bytes"))))
            }
            Kind::Objects { objects, folder } => match objects.get(&at(folder, name)?).await {
                Ok(found) => Ok(Some(found.bytes().await?)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error.into()),
            },
        }
    }

    /// Does nothing where it is not there.
    pub(super) async fn delete(&self, name: &str) -> Result<(), Error> {
        match &self.0 {
            Kind::Rows(store) => {
                store.run_one("cms.media_delete", DELETE, &[&name]).await?;
            }
            Kind::Objects { objects, folder } => match objects.delete(&at(folder, name)?).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            },
        }
        Ok(())
    }
}

/// A name comes from a path that somebody asks for: it leads nowhere but into the folder.
fn at(folder: &Path, name: &str) -> Result<Path, Error> {
    let name = Path::parse(name).map_err(|error| Error::Shelf(Arc::new(error.into())))?;
    Ok(folder.parts().chain(name.parts()).collect())
}

fn builder(bucket: &Bucket) -> Result<AmazonS3Builder, Error> {
    let bad = |reason: &str| Err(Error::Place { reason: reason.to_owned() });
    if bucket.name.is_empty() || bucket.region.is_empty() {
        return bad("a bucket has a name and a region");
    }
    // Whoever comes first says it for the process.
    let _already = rustls::crypto::ring::default_provider().install_default();
    let seconds = Duration::from_secs;
    let options = ClientOptions::new()
        .with_connect_timeout(seconds(CONNECT_SECONDS_MAX))
        .with_timeout(seconds(ANSWER_SECONDS_MAX))
        .with_allow_http(bucket.endpoint.as_ref().is_some_and(|it| it.starts_with("http://")));
    let retry = RetryConfig {
        max_retries: TRIES_MAX,
        retry_timeout: seconds(TRIES_SECONDS_MAX),
        ..RetryConfig::default()
    };
    // Without keys they are those of the machine: a role, or what its environment says.
    let builder = match &bucket.keys {
        Some(keys) => {
            AmazonS3Builder::new().with_access_key_id(&keys.id).with_secret_access_key(&keys.secret)
        }
        None => AmazonS3Builder::from_env(),
    };
    let builder = builder
        .with_bucket_name(&bucket.name)
        .with_region(&bucket.region)
        // One by one: not all that speak S3 know how to delete many.
        .with_disable_bulk_delete(true)
        .with_client_options(options)
        .with_retry(retry);
    match &bucket.endpoint {
        Some(endpoint) if endpoint.starts_with("https://") || endpoint.starts_with("http://") => {
            Ok(builder.with_endpoint(endpoint.trim_end_matches('/')).with_virtual_hosted_style_request(false))
        }
        Some(_) => bad("an endpoint begins with https:// or http://"),
        None => Ok(builder.with_virtual_hosted_style_request(true)),
    }
}
