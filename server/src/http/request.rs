//! Parts of a request that axum would refuse in its own words, refused as problems.

use crate::problem::{Problem, types};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// The one parameter of a path; as a pair, both of them.
pub(super) struct Id<T = String>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(refused) => Err(Problem::invalid(refused.body_text())),
        }
    }
}

/// The parameters behind the question mark.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(refused) => Err(Problem::invalid(refused.body_text())),
        }
    }
}

/// A whole body, within `http.body_bytes_max`.
pub(super) struct Content(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for Content {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Bytes::from_request(request, state).await.map(Self).map_err(|refused| match refused {
            BytesRejection::FailedToBufferBody(refused)
                if refused.status() == StatusCode::PAYLOAD_TOO_LARGE =>
            {
                let detail = "send less at once";
                Problem::new(&types::BODY_TOO_LARGE, detail)
            }
            refused => Problem::invalid(refused.body_text()),
        })
    }
}
