//! Where editors' pictures are kept, as it is configured.

use super::Secret;
use cms::media::{self, Place};
use serde::Deserialize;
use std::path::Path;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    pub store: Store,
    pub bucket_name: String,
    pub bucket_region: String,
    pub bucket_endpoint: String,
    pub bucket_folder: String,
    pub bucket_key_id: String,
    pub bucket_key_secret: Secret,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Store {
    Database,
    Folder,
    Bucket,
}

/// Why pictures cannot be kept there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    #[error("content.store is \"bucket\": content.bucket_name and content.bucket_region are needed")]
    Unnamed,
    #[error("content.bucket_key_id and content.bucket_key_secret go together")]
    HalfAKey,
}

impl Content {
    /// The place; folders are in `data`.
    pub fn place(&self, data: &Path) -> Result<Place, PlaceError> {
        match self.store {
            Store::Database => return Ok(Place::Rows),
            Store::Folder => return Ok(Place::Folder(data.join("media"))),
            Store::Bucket if self.bucket_name.is_empty() || self.bucket_region.is_empty() => {
                return Err(PlaceError::Unnamed);
            }
            Store::Bucket => {}
        }
        let keys = match (self.bucket_key_id.as_str(), self.bucket_key_secret.reveal()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return Err(PlaceError::HalfAKey),
            (id, Some(secret)) => Some(media::Keys { id: id.to_owned(), secret: secret.to_owned() }),
        };
        let endpoint = &self.bucket_endpoint;
        Ok(Place::Bucket(media::Bucket {
            name: self.bucket_name.clone(),
            region: self.bucket_region.clone(),
            endpoint: (!endpoint.is_empty()).then(|| endpoint.clone()),
            folder: self.bucket_folder.clone(),
            keys,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn place(file: &str) -> Result<Place, PlaceError> {
        let config = Config::from_parts(Some(("crease.toml", file)), std::iter::empty());
        config.expect("it is understood").content.place(Path::new("/data"))
    }

    #[test]
    fn pictures_are_kept_where_the_configuration_says() {
        assert_eq!(place(""), Ok(Place::Rows));
        assert_eq!(place("[content]\nstore = \"folder\""), Ok(Place::Folder("/data/media".into())));
        assert_eq!(place("[content]\nstore = \"bucket\""), Err(PlaceError::Unnamed));
        let whole = |rest: &str| {
            place(&format!(
                "[content]\nstore = \"bucket\"\nbucket_name = \"b\"\nbucket_region = \"r\"\n{rest}"
            ))
        };
        let keys = "bucket_key_id = \"k\"\nbucket_key_secret = \"s\"\n";
        let of = |place| match place {
            Ok(Place::Bucket(it)) => Some((it.name, it.endpoint, it.keys.is_some())),
            _ => None,
        };
        assert_eq!(of(whole("")), Some(("b".to_owned(), None, false)));
        let elsewhere = format!("{keys}bucket_endpoint = \"https://s3.example\"");
        assert_eq!(
            of(whole(&elsewhere)),
            Some(("b".to_owned(), Some("https://s3.example".to_owned()), true))
        );
        assert_eq!(whole("bucket_key_id = \"k\""), Err(PlaceError::HalfAKey));
    }
}
