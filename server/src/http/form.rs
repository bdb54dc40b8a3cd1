//! What forms of pages send: fields, and files with those that have some.

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
    /// With files beside its fields (RFC 7578), or without one as others are.
    File,
}

/// What it has sent.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) fields: Fields,
    /// What was chosen, whatever the name of its field.
    pub(super) files: Vec<Chosen>,
}

/// A file that somebody chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    /// What it is called where it comes from: a text like any other.
    pub(super) name: String,
    pub(super) bytes: Bytes,
}

impl Content {
    /// Where one file is chosen at most: the last that has anything in it.
    pub(super) fn into_file(self) -> (Fields, Option<Bytes>) {
        let last = self.files.into_iter().rfind(|it| !it.bytes.is_empty());
        (self.fields, last.map(|it| it.bytes))
    }
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
        Ok(Content { fields, files: Vec::new() })
    }
}

async fn in_parts(request: Request) -> Result<Content, Unread> {
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| Unread)?;
    let mut content = Content::default();
    for _ in 0..Fields::COUNT_MAX {
        let Some(part) = parts.next_field().await.map_err(|_| Unread)? else { break };
        let (name, called) =
            (part.name().unwrap_or_default().to_owned(), part.file_name().map(str::to_owned));
        let bytes = part.bytes().await.map_err(|_| Unread)?;
        match called {
            // A browser sends so that nothing was chosen.
            Some(name) if name.is_empty() && bytes.is_empty() => {}
            Some(name) => content.files.push(Chosen { name, bytes }),
            None => content.fields.push(name, String::from_utf8_lossy(&bytes)),
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
            let (fields, file) = it.into_file();
            (fields.text("csrf").to_owned(), file.map(|it| String::from_utf8(it.to_vec()).unwrap()))
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
        let file = |name: &str, text: &str| part(&format!("files\"; filename=\"{name}\""), text);
        let two = format!("{csrf}{}{}{}--x--\r\n", file("a", "1"), file("b", "2"), file("c", ""));
        check(Form::File, PARTS, &two, Ok(("abc", Some("2")))).await;
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
