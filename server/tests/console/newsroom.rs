//! The newsroom's pages over HTTP: the library of pictures, members, reports, files, and who may do what in them.

mod desk;
mod files;
mod library;
mod outside;
mod pressed;
mod quizzes;
mod tones;

use crate::dashboard::Browser;
use crate::support::Ground;
use cms::entry::{self, New};
use cms::rights::{Editor, Rights, Role};
use cms::{Language, member};
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, ORIGIN};
use reqwest::{Response, StatusCode};
use serde_json::Value;

const PATH: &str = "/console/content";

/// A server with a newsroom.
struct Newsroom {
    ground: Ground,
}

/// A file as a browser sends it.
struct File<'f> {
    name: &'f str,
    bytes: &'f [u8],
}

/// Who waits for the answer.
#[derive(Clone, Copy)]
enum Asks {
    Browser,
    Script,
}

impl Newsroom {
    async fn open() -> Self {
        Self { ground: Ground::open().await }
    }

    fn system(&self) -> Editor {
        Editor::system("test", self.ground.app.clock.now())
    }

    /// Somebody who is that to the content, signed in.
    async fn member(&self, name: &str, rights: &Rights) -> Browser {
        let (browser, _, user_id) = self.ground.partner(&format!("{name}@paper.example")).await;
        let who = self.system();
        let assigned =
            self.ground.app.store.run_tx("test", async |tx| member::assign(tx, &who, &user_id, rights).await);
        assigned.await.unwrap();
        browser
    }

    async fn is(&self, role: Role) -> Browser {
        self.member(role.word(), &Rights::all(role)).await
    }

    /// A new entry in English.
    async fn entry(&self, kind: &str, body: &Value) -> String {
        let (who, english) = (self.system(), Language::parse("en").unwrap());
        let new = New { kind, key: None, main_language: &english, body };
        let made = self.ground.app.store.run_tx("test", async |tx| entry::make(tx, &who, new).await);
        made.await.unwrap()
    }

    async fn page(&self, browser: &Browser, rest: &str) -> String {
        self.ground.page(browser, &format!("{PATH}{rest}")).await
    }

    async fn status(&self, browser: &Browser, rest: &str) -> StatusCode {
        self.ground.see(browser, &format!("{PATH}{rest}")).await.status()
    }

    async fn press(&self, browser: &Browser, rest: &str, form: &[(&str, &str)]) -> Response {
        self.ground.press(&mut browser.clone(), &format!("{PATH}{rest}"), form).await
    }

    /// What somebody presses is shown after it: the status of the press, and the page that it leads to.
    async fn follow(&self, browser: &Browser, rest: &str, form: &[(&str, &str)]) -> (StatusCode, String) {
        let response = self.press(browser, rest, form).await;
        let status = response.status();
        if status == StatusCode::SEE_OTHER {
            let to = crate::support::location(&response).to_owned();
            return (status, self.ground.page(browser, &to).await);
        }
        (status, response.text().await.unwrap())
    }

    /// A form with files, as a page of ours sends it.
    async fn send(
        &self,
        browser: &Browser,
        rest: &str,
        fields: &[(&str, &str)],
        files: &[File<'_>],
        asks: Asks,
    ) -> Response {
        let csrf = self.ground.csrf(browser).await;
        let mut body = Vec::new();
        let mut part = |head: String, bytes: &[u8]| {
            body.extend(format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n").into_bytes());
            body.extend(bytes);
            body.extend(b"\r\n");
        };
        for (name, value) in [("csrf", csrf.as_str())].iter().chain(fields) {
            part(format!("name=\"{name}\""), value.as_bytes());
        }
        for File { name, bytes } in files {
            part(format!("name=\"files\"; filename=\"{name}\"\r\nContent-Type: image/png"), bytes);
        }
        body.extend(b"--x--\r\n");
        let url = format!("{}{PATH}{rest}", self.ground.url);
        let mut request = self.ground.client.post(url).header(COOKIE, browser.header());
        request = request.header(ORIGIN, &self.ground.url);
        if let Asks::Script = asks {
            request = request.header(ACCEPT, "application/json");
        }
        request.header(CONTENT_TYPE, "multipart/form-data; boundary=x").body(body).send().await.unwrap()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let read = self.ground.app.store.read("test", async |db| db.query_one(sql, &[]).await);
        read.await.unwrap().get(0)
    }
}

/// JSON of an answer.
async fn json(response: Response) -> Value {
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}
