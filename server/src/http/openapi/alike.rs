//! What many operations are described with alike: headers that they take, and problems that they answer.

use std::collections::BTreeMap;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{Content, Object, Ref, RefOr, Required, Type};
use utoipa::{IntoParams, IntoResponses};

/// A problem (RFC 9457), as an answer.
pub(super) fn problem(description: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}

/// A status that many operations answer with a problem.
macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident $status:literal $description:literal;)*) => {$(
        $(#[$doc])*
        pub(in crate::http) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([($status.to_owned(), problem($description).into())])
            }
        }
    )*};
}

refusals! {
    /// 400
    BadRequest "400" "what was sent cannot be read";
    /// 404
    NotFound "404" "there is none, or it is not yours";
    /// 409
    Conflict "409" "not as things stand";
    /// 412
    PreconditionFailed "412" "changed meanwhile";
    /// 422
    Unprocessable "422" "a value that cannot be taken; the detail says which";
}

/// A header that many operations take.
macro_rules! headers {
    ($($(#[$doc:meta])* $name:ident $header:literal $description:literal;)*) => {$(
        $(#[$doc])*
        pub(in crate::http) struct $name;

        impl IntoParams for $name {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                let header = ParameterBuilder::new()
                    .name($header)
                    .parameter_in(ParameterIn::Header)
                    .required(Required::False)
                    .description(Some($description))
                    .schema(Some(Object::with_type(Type::String)));
                vec![header.build()]
            }
        }
    )*};
}

headers! {
    /// For what is done once.
    IdempotencyKey "Idempotency-Key" "Sent again under the same key, it is done once";
    /// For what may have changed meanwhile.
    IfMatch "If-Match" "The ETag of what you read";
}
