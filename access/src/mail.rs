//! Letters, and the ways in which they leave: by SMTP, or as files for those who try the product out.

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::file::AsyncFileTransport;
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{AsyncTransport, Message, Tokio1Executor};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An SMTP server answers within so long.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// A letter to one address. What must stay secret (a link) is in it, so that it is kept sealed until it is sent.
#[derive(Clone, Deserialize, Serialize)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    /// Each a paragraph.
    pub text: Vec<String>,
    /// What to do, and the address of the page for it.
    pub action: Option<(String, String)>,
    /// Why it came, and what to do if it should not have.
    pub foot: String,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Letter({:?})", self.subject)
    }
}

/// Why a letter did not leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It never will: an address or a header that is none.
    #[error("the letter cannot be written: {0}")]
    Unwritable(String),
    #[error("the letter could not be sent: {0}")]
    Unsent(String),
    #[error("mail.url: {0}")]
    Url(String),
    #[error("mail.from is no sender, such as Crease <crease@example.com>")]
    From,
    #[error("{folder}: letters cannot be kept there: {source}")]
    Folder { folder: PathBuf, source: std::io::Error },
}

/// Sends letters.
#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Files { transport: AsyncFileTransport<Tokio1Executor>, folder: PathBuf },
}

impl Mailer {
    /// By an SMTP server: `smtps://user:password@host`, or `smtp://…?tls=required`. Call it on a runtime, which keeps its connections.
    pub fn smtp(url: &str, from: &str) -> Result<Self, MailError> {
        let from = from.parse().map_err(|_| MailError::From)?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|error| MailError::Url(error.to_string()))?
            .timeout(Some(ANSWER_MAX))
            .build();
        Ok(Self { from, way: Way::Smtp(transport) })
    }

    /// As files in a folder that only this process's user reads, each an `.eml`.
    pub fn files(folder: &Path, from: &str) -> Result<Self, MailError> {
        let private = || {
            std::fs::create_dir_all(folder)?;
            std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))
        };
        private().map_err(|source| MailError::Folder { folder: folder.to_owned(), source })?;
        let transport = AsyncFileTransport::new(folder);
        let way = Way::Files { transport, folder: folder.to_owned() };
        Ok(Self { from: from.parse().map_err(|_| MailError::From)?, way })
    }

    /// Where the letters are kept, if they are not sent.
    pub fn folder(&self) -> Option<&Path> {
        match &self.way {
            Way::Smtp(_) => None,
            Way::Files { folder, .. } => Some(folder),
        }
    }

    pub async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let message = letter.message(&self.from)?;
        let unsent = |error: &dyn std::fmt::Display| MailError::Unsent(error.to_string());
        match &self.way {
            Way::Smtp(transport) => transport.send(message).await.map(drop).map_err(|error| unsent(&error)),
            Way::Files { transport, .. } => {
                transport.send(message).await.map(drop).map_err(|error| unsent(&error))
            }
        }
    }
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.way {
            Way::Smtp(_) => out.write_str("Mailer(smtp)"),
            Way::Files { folder, .. } => write!(out, "Mailer({})", folder.display()),
        }
    }
}

impl Letter {
    fn message(&self, from: &Mailbox) -> Result<Message, MailError> {
        let unwritable = |error: &dyn std::fmt::Display| MailError::Unwritable(error.to_string());
        let to = self.to.parse().map_err(|error| unwritable(&error))?;
        Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to))
            .subject(self.subject.as_str())
            .multipart(MultiPart::alternative_plain_html(self.plain(), self.html()))
            .map_err(|error| unwritable(&error))
    }

    fn plain(&self) -> String {
        let action = self.action.iter().map(|(label, url)| format!("{label}:\n{url}"));
        let parts: Vec<String> =
            self.text.iter().cloned().chain(action).chain([format!("-- \n{}", self.foot)]).collect();
        parts.join("\n\n")
    }

    fn html(&self) -> String {
        let paragraph = |it: &String| format!("<p>{}</p>", escaped(it));
        let text: String = self.text.iter().map(paragraph).collect();
        let action = self.action.as_ref().map_or_else(String::new, |(label, url)| {
            let (label, url) = (escaped(label), escaped(url));
            format!(
                "<p><a href=\"{url}\" style=\"display:inline-block;padding:12px 20px;border-radius:8px;\
                 background:#0b6b3a;color:#ffffff;text-decoration:none;font-weight:600\">{label}</a></p>\
                 <p style=\"color:#555\">Or open this address:<br>{url}</p>"
            )
        });
        format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><body style=\"font:16px/1.5 system-ui,sans-serif;\
             color:#111;background:#fff;max-width:560px;margin:0 auto;padding:24px\">{text}{action}\
             <p style=\"color:#555;font-size:14px;border-top:1px solid #ddd;padding-top:12px\">{}</p></body></html>",
            escaped(&self.foot)
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        Letter {
            to: "asha@example.com".into(),
            subject: "Confirm your address".into(),
            text: vec!["Welcome to <Crease> & friends.".into()],
            action: Some(("Confirm".into(), "https://crease.example/x?a=1&b=2".into())),
            foot: "You asked for this.".into(),
        }
    }

    #[tokio::test]
    async fn a_letter_becomes_a_file_that_only_we_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail");
        let mailer = Mailer::files(&path, "Crease <crease@localhost>").unwrap();
        mailer.send(&letter()).await.unwrap();
        let file = std::fs::read_dir(&path).unwrap().next().unwrap().unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(
            text.contains("To: asha@example.com") && text.contains("Subject: Confirm your address"),
            "{text}"
        );
        assert!(text.contains("https://crease.example/x?a=1&b=2"), "{text}");
        assert!(text.contains("&lt;Crease&gt; &amp; friends."), "{text}");
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o700);
    }

    #[tokio::test]
    async fn a_header_cannot_be_smuggled_in() {
        let folder = tempfile::tempdir().unwrap();
        let mailer = Mailer::files(folder.path(), "Crease <crease@localhost>").unwrap();
        let to = Letter { to: "a@example.com\r\nBcc: b@example.com".into(), ..letter() };
        assert!(matches!(mailer.send(&to).await, Err(MailError::Unwritable(_))));
        let subject = Letter { subject: "Hello\r\nBcc: b@example.com".into(), ..letter() };
        mailer.send(&subject).await.unwrap();
        let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(!text.lines().any(|it| it.starts_with("Bcc:")), "{text}");
    }

    #[tokio::test]
    async fn what_cannot_be_used_is_said() {
        assert!(matches!(Mailer::smtp("carrier-pigeon://x", "a@example.com"), Err(MailError::Url(_))));
        assert!(matches!(Mailer::smtp("smtp://localhost", "nobody"), Err(MailError::From)));
        assert!(!format!("{:?}", letter()).contains("asha"));
    }
}
