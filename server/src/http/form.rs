//! What forms of pages send: fields, and a file with those that have one.

use axum::body::Bytes;
use axum::extract::multipart::Multipart;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use console::Fields;

/// How a form is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Short,
    /// A campaign's, with more fields than others.
    Long,
    /// With a file beside its fields (RFC 7578), or without one as others are.
    File,
}

/// What it has sent.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) fields: Fields,
    /// What was chosen, whatever its name; none where nothing was.
    pub(super) file: Option<Bytes>,
}

/// It is longer than its route takes, or breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unread;

impl Form {
    pub(super) async fn read(self, request: Request) -> Result<Content, Unread> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
        if self == Form::File && kind.is_some_and(|it| it.starts_with("multipart/form-data")) {
            return in_parts(request).await;
        }
        let body = Bytes::from_request(request, &()).await.map_err(|_| Unread)?;
        let text = String::from_utf8_lossy(&body);
        let fields = if self == Form::Long { Fields::parse_long(&text) } else { Fields::parse(&text) };
        Ok(Content { fields, file: None })
    }
}

async fn in_parts(request: Request) -> Result<Content, Unread> {
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| Unread)?;
    let mut content = Content::default();
    for _ in 0..Fields::COUNT_MAX {
        let Some(part) = parts.next_field().await.map_err(|_| Unread)? else { break };
        let (name, is_file) = (part.name().unwrap_or_default().to_owned(), part.file_name().is_some());
        let bytes = part.bytes().await.map_err(|_| Unread)?;
        match is_file {
            true if bytes.is_empty() => {}
            true => content.file = Some(bytes),
            false => content.fields.push(name, String::from_utf8_lossy(&bytes)),
        }
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    const PARTS: &str = "multipart/form-data; boundary=x";

    async fn check(form: Form, kind: &str, body: &str, expected: Result<(&str, Option<&str>), Unread>) {
        let request = Request::post("/").header(header::CONTENT_TYPE, kind);
        let read = form.read(request.body(Body::from(body.to_owned())).unwrap()).await;
        let read = read.map(|it| {
            let file = it.file.map(|it| String::from_utf8(it.to_vec()).unwrap());
            (it.fields.text("csrf").to_owned(), file)
        });
        let expected = expected.map(|(csrf, file)| (csrf.to_owned(), file.map(str::to_owned)));
        assert_eq!(read, expected, "{form:?} {kind} {body:?}");
    }

    #[tokio::test]
    async fn a_form_is_read_with_its_file_and_without_one() {
        let part = |head: &str, text: &str| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{head}\r\n\r\n{text}\r\n")
        };
        let csrf = part("csrf\"", "abc");
        let with = format!("{csrf}{}--x--\r\n", part("file\"; filename=\"../a.csv\"", "A1\r\nB2"));
        let without = format!("{csrf}{}--x--\r\n", part("file\"; filename=\"\"", ""));
        let urlencoded = "application/x-www-form-urlencoded";
        check(Form::File, PARTS, &with, Ok(("abc", Some("A1\r\nB2")))).await;
        check(Form::File, PARTS, &without, Ok(("abc", None))).await;
        check(Form::File, urlencoded, "csrf=abc", Ok(("abc", None))).await;
        check(Form::Short, urlencoded, "csrf=abc", Ok(("abc", None))).await;
        // What breaks off, what has no boundary, and a file where none is taken.
        check(Form::File, PARTS, &with[..with.len() - 9], Err(Unread)).await;
        check(Form::File, "multipart/form-data", &with, Err(Unread)).await;
        check(Form::Long, PARTS, &with, Ok(("", None))).await;
    }
}
