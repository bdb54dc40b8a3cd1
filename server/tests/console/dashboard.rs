//! Accounts and organisations: each way in, and what does not let in.

use crate::support::{Fields, Ground, encode, fields};
use access::{By, Email, Letter, Visitor, factor};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use partners::{Mode, NewKey, Organisation, Scope, Scopes, key, organisation, site};
use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Response, StatusCode};
use std::time::Duration;

pub(crate) const PASSWORD: &str = "vexed lime umpire ladder";
const OWN: [(&str, &str); 1] = [("password", PASSWORD)];

/// A browser: its cookies, as it would send them.
#[derive(Clone, Default)]
pub(crate) struct Browser(Vec<(String, String)>);

impl Browser {
    pub(crate) fn header(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub(crate) fn keep(&mut self, response: &Response) {
        for set in response.headers().get_all(SET_COOKIE) {
            let set = set.to_str().unwrap();
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            self.0.retain(|it| it.0 != name);
            if !value.is_empty() {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}

/// What a request says of where it comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum From {
    OurPage,
    Elsewhere,
    CrossSite,
}

impl Ground {
    pub(crate) async fn see(&self, browser: &Browser, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).header(COOKIE, browser.header()).send().await.unwrap()
    }

    pub(crate) async fn page(&self, browser: &Browser, path: &str) -> String {
        let response = self.see(browser, path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.text().await.unwrap()
    }

    pub(crate) async fn send(&self, browser: &Browser, path: &str, form: &Fields, from: From) -> Response {
        let mut request = self.client.post(format!("{}{path}", self.url)).header(COOKIE, browser.header());
        request = match from {
            From::OurPage => request.header(ORIGIN, &self.url),
            From::Elsewhere => request.header(ORIGIN, "https://evil.example"),
            From::CrossSite => request.header("sec-fetch-site", "cross-site"),
        };
        request.body(encode(form)).send().await.unwrap()
    }

    /// As a page of ours does, with the session's token.
    pub(crate) async fn press(&self, browser: &mut Browser, path: &str, form: &[(&str, &str)]) -> Response {
        let mut form = fields(form);
        form.push(("csrf".to_owned(), self.csrf(browser).await));
        let response = self.send(browser, path, &form, From::OurPage).await;
        browser.keep(&response);
        response
    }

    pub(crate) async fn csrf(&self, browser: &Browser) -> String {
        let page = self.see(browser, "/console/account").await.text().await.unwrap();
        page.split("name=\"csrf\" value=\"")
            .nth(1)
            .and_then(|it| it.split('"').next())
            .unwrap_or("")
            .to_owned()
    }

    /// The letters that wait to be sent, oldest first.
    pub(crate) async fn letters(&self) -> Vec<Letter> {
        let sql = "select payload->>'sealed' as sealed from jobs.job where kind = 'mail.send' order by id";
        let rows = self.app.store.read("test", async |db| db.query(sql, &[]).await).await.unwrap();
        let open = |sealed: &str| {
            let sealed = STANDARD.decode(sealed).unwrap();
            serde_json::from_slice(&self.app.seal.open("letter", &sealed).unwrap()).unwrap()
        };
        rows.iter().map(|row| open(row.get("sealed"))).collect()
    }

    /// The path of the link in the newest letter.
    pub(crate) async fn link(&self) -> String {
        let letters = self.letters().await;
        let (_, url) = letters.last().unwrap().action.as_ref().unwrap();
        url.strip_prefix(&self.url).unwrap().to_owned()
    }

    /// Somebody with an account and an organisation, signed in.
    pub(crate) async fn partner(&self, email: &str) -> (Browser, Organisation, String) {
        let made = self.app.store.run_tx("test", async |tx| {
            let email = Email::parse(email).unwrap();
            let phc = self.app.passwords.hash(PASSWORD).await?;
            let user = access::user::create(tx, &email, "Asha Rao", &phc, self.app.clock.now()).await?;
            let by = By::user(&user, Visitor::new([192, 0, 2, 1].into(), "test"), self.app.clock.now());
            let organisation = organisation::create(tx, "The Paper", &by).await?;
            Ok::<_, partners::Error>((organisation, user.id))
        });
        let (organisation, user) = made.await.unwrap();
        (self.signed_in(email).await, organisation, user)
    }

    async fn signed_in(&self, email: &str) -> Browser {
        let mut browser = Browser::default();
        let form = fields(&[("email", email), ("password", PASSWORD)]);
        let response = self.send(&browser, "/console/sign-in", &form, From::OurPage).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        browser.keep(&response);
        browser
    }

    /// Whose address it is.
    pub(crate) async fn user_id(&self, email: &str) -> String {
        let email = Email::parse(email).unwrap();
        let found =
            self.app.store.read("test", async |db| access::user::by_email(db, &email).await).await.unwrap();
        found.unwrap().id
    }

    pub(crate) async fn is_signed_in(&self, browser: &Browser) -> bool {
        self.see(browser, "/console/account").await.status() == StatusCode::OK
    }
}

pub(crate) fn location(response: &Response) -> &str {
    response.headers()[LOCATION].to_str().unwrap()
}

#[tokio::test]
async fn an_account_is_made_by_who_reads_the_addresss_mail_and_once() {
    let ground = Ground::open().await;
    let mut browser = Browser::default();
    let form = fields(&[("email", "new@example.com")]);
    let asked = ground.send(&browser, "/console/sign-up", &form, From::OurPage).await;
    assert_eq!(asked.status(), StatusCode::OK);
    let link = ground.link().await;
    for _ in 0..2 {
        // Programs that read mail open links, and use nothing up.
        assert!(ground.page(&Browser::default(), &link).await.contains("new@example.com"));
    }
    let weak = fields(&[("name", "New"), ("organisation", "Paper"), ("password", "new@example")]);
    let refused = ground.send(&browser, &link, &weak, From::OurPage).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let form =
        fields(&[("name", "New"), ("organisation", "Paper"), ("password", PASSWORD), ("role", "operator")]);
    let made = ground.send(&browser, &link, &form, From::OurPage).await;
    assert!(location(&made).ends_with("/start"), "{}", location(&made));
    for set in made.headers().get_all(SET_COOKIE) {
        let set = set.to_str().unwrap();
        assert!(set.contains("; HttpOnly; SameSite=Lax") && set.contains("; Path=/;"), "{set}");
    }
    browser.keep(&made);
    assert!(ground.is_signed_in(&browser).await);
    let again = ground.send(&Browser::default(), &link, &form, From::OurPage).await;
    assert_eq!(again.status(), StatusCode::GONE);
    assert_eq!(ground.see(&Browser::default(), &link).await.status(), StatusCode::GONE);
}

#[tokio::test]
async fn whether_an_address_has_an_account_is_told_to_its_reader_alone() {
    let ground = Ground::open().await;
    ground.partner("asha@example.com").await;
    for path in ["/console/sign-up", "/console/reset"] {
        let mut answers = Vec::new();
        for email in ["asha@example.com", "nobo@example.com"] {
            let answer =
                ground.send(&Browser::default(), path, &fields(&[("email", email)]), From::OurPage).await;
            assert!(answer.headers().get(SET_COOKIE).is_none());
            answers.push((answer.status(), answer.text().await.unwrap().replace(email, "…")));
        }
        assert_eq!(answers[0], answers[1], "{path}");
    }
    let subjects: Vec<String> = ground.letters().await.into_iter().map(|it| it.subject).collect();
    let told = [
        "You have a Crease account",
        "Create your Crease account",
        "Choose a new password",
        "No Crease account here",
    ];
    assert_eq!(subjects, told);
    let mut wrong = Vec::new();
    for email in ["asha@example.com", "nobody@example.com"] {
        let form = fields(&[("email", email), ("password", "guess")]);
        let answer = ground.send(&Browser::default(), "/console/sign-in", &form, From::OurPage).await;
        wrong.push((answer.status(), answer.text().await.unwrap().replace(email, "…")));
    }
    assert_eq!(wrong[0], wrong[1]);
}

#[tokio::test]
async fn an_address_gets_three_letters_and_is_not_told_that_it_gets_no_more() {
    let ground = Ground::open().await;
    for _ in 0..5 {
        let form = fields(&[("email", "victim@example.com")]);
        let answer = ground.send(&Browser::default(), "/console/reset", &form, From::OurPage).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
    assert_eq!(ground.letters().await.len(), 3);
}

#[tokio::test]
async fn a_letter_never_leads_to_a_host_that_a_request_named() {
    let ground = Ground::open().await;
    let request =
        ground.client.post(format!("{}/console/reset", ground.url)).header(ORIGIN, "http://evil.example");
    let request = request.header("host", "evil.example").body("email=asha%40example.com");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(ground.letters().await.is_empty());
}

#[tokio::test]
async fn a_new_password_signs_every_other_device_out() {
    let ground = Ground::open().await;
    let (old, ..) = ground.partner("asha@example.com").await;
    ground
        .send(&Browser::default(), "/console/reset", &fields(&[("email", "Asha@Example.com")]), From::OurPage)
        .await;
    let link = ground.link().await;
    let mut new = Browser::default();
    let form = fields(&[("password", "marble otter quiz lantern")]);
    let changed = ground.send(&new, &link, &form, From::OurPage).await;
    assert_eq!(location(&changed), "/console");
    new.keep(&changed);
    assert!(ground.is_signed_in(&new).await && !ground.is_signed_in(&old).await);
    assert_eq!(ground.letters().await.last().unwrap().subject, "Your Crease password was changed");
    let late = ground.send(&Browser::default(), &link, &form, From::OurPage).await;
    assert_eq!(late.status(), StatusCode::GONE);
    let form = fields(&[("email", "asha@example.com"), ("password", PASSWORD)]);
    let former = ground.send(&Browser::default(), "/console/sign-in", &form, From::OurPage).await;
    assert_eq!(former.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_link_for_a_new_password_is_good_for_an_hour() {
    let ground = Ground::open().await;
    ground.partner("asha@example.com").await;
    ground
        .send(&Browser::default(), "/console/reset", &fields(&[("email", "asha@example.com")]), From::OurPage)
        .await;
    let link = ground.link().await;
    ground.app.clock.advance(Duration::from_secs(60 * 60));
    let form = fields(&OWN);
    let late = ground.send(&Browser::default(), &link, &form, From::OurPage).await;
    assert_eq!(late.status(), StatusCode::GONE);
}

#[tokio::test]
async fn a_second_factor_is_set_up_asked_for_and_taken_away() {
    let ground = Ground::open().await;
    let (mut browser, ..) = ground.partner("asha@example.com").await;
    let no =
        ground.press(&mut browser, "/console/account/factor/enrol", &[("factor_password", "guess")]).await;
    assert_eq!(no.status(), StatusCode::UNPROCESSABLE_ENTITY);
    ground.press(&mut browser, "/console/account/factor/enrol", &[("factor_password", PASSWORD)]).await;
    let page = ground.page(&browser, "/console/account").await;
    let secret = page.split("or type <code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let code = || {
        let secret = totp_rs::Secret::try_from_base32(&secret).unwrap();
        let at = u64::try_from(ground.app.clock.now().as_second()).unwrap();
        totp_rs::Builder::new().with_secret(secret).build_noncompliant().generate(at).to_string()
    };
    let mut other = ground.signed_in("asha@example.com").await;
    let on = ground.press(&mut browser, "/console/account/factor/confirm", &[("factor_code", &code())]).await;
    let codes = on.text().await.unwrap();
    assert_eq!(codes.matches("<li><code>").count(), factor::RECOVERY_CODES);
    let paper = codes.split("<li><code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(ground.is_signed_in(&browser).await && !ground.is_signed_in(&other).await);

    ground.app.clock.advance(Duration::from_secs(60));
    let form = fields(&[("email", "asha@example.com"), ("password", PASSWORD)]);
    let half = ground.send(&Browser::default(), "/console/sign-in", &form, From::OurPage).await;
    assert_eq!(location(&half), "/console/sign-in/code");
    other = Browser::default();
    other.keep(&half);
    assert!(!ground.is_signed_in(&other).await);
    for (code, status) in
        [("000000".to_owned(), StatusCode::UNPROCESSABLE_ENTITY), (code(), StatusCode::SEE_OTHER)]
    {
        let answer =
            ground.send(&other, "/console/sign-in/code", &fields(&[("code", &code)]), From::OurPage).await;
        assert_eq!(answer.status(), status);
        other.keep(&answer);
    }
    assert!(ground.is_signed_in(&other).await);
    let off = ground.press(&mut other, "/console/account/factor/off", &[("factor_code", &paper)]).await;
    assert_eq!(off.status(), StatusCode::SEE_OTHER);
    ground.signed_in("asha@example.com").await;
    let subjects: Vec<String> = ground.letters().await.into_iter().map(|it| it.subject).collect();
    assert_eq!(subjects, ["Your Crease second factor", "Your Crease second factor"]);
}

#[tokio::test]
async fn an_address_changes_when_the_letter_to_the_new_one_is_opened() {
    let ground = Ground::open().await;
    let (mut browser, ..) = ground.partner("asha@example.com").await;
    let form = [("email", "rao@example.com"), ("email_password", PASSWORD)];
    ground.press(&mut browser, "/console/account/email", &form).await;
    let link = ground.link().await;
    assert!(ground.page(&browser, "/console/account").await.contains("asha@example.com"));
    let proved = ground.send(&browser, &link, &fields(&[]), From::OurPage).await;
    assert_eq!(proved.status(), StatusCode::SEE_OTHER);
    let letters = ground.letters().await;
    assert_eq!(
        (letters[1].to.as_str(), letters.len()),
        ("asha@example.com", 2),
        "the former address is told"
    );
    ground.signed_in("rao@example.com").await;
}

#[tokio::test]
async fn fields_that_a_form_does_not_have_assign_nothing() {
    let ground = Ground::open().await;
    let (mut browser, organisation, user) = ground.partner("asha@example.com").await;
    let extra = [
        ("name", "Shop"),
        ("origins", "https://shop.example"),
        ("id", "sit_mine"),
        ("organisation_id", "org_other"),
        ("removed_at", "2020-01-01"),
        ("role", "owner"),
        ("user_id", "usr_other"),
        ("is_admin", "true"),
    ];
    let path = format!("/console/o/{}/sites", organisation.id);
    assert_eq!(ground.press(&mut browser, &path, &extra).await.status(), StatusCode::SEE_OTHER);
    let key = [
        ("name", "Feed"),
        ("for", "secret"),
        ("mode", "live"),
        ("scope_read", "yes"),
        ("scopes", "manage"),
        ("sha256", "00"),
        ("expires_at", "2099-01-01"),
        ("organisation_id", "org_other"),
    ];
    let path = format!("/console/o/{}/keys", organisation.id);
    assert_eq!(ground.press(&mut browser, &path, &key).await.status(), StatusCode::OK);
    let profile =
        [("name", "Asha"), ("id", "usr_other"), ("email", "evil@example.com"), ("password_phc", "x")];
    ground.press(&mut browser, "/console/account/profile", &profile).await;
    let read = ground.app.store.read("test", async |db| {
        let sites = site::list(db, &organisation.id).await?;
        let keys = key::of_organisation(db, &organisation.id).await?;
        Ok::<_, partners::Error>((sites, keys, access::user::find(db, &user).await?.unwrap()))
    });
    let (sites, keys, user) = read.await.unwrap();
    assert!(sites.len() == 1 && sites[0].id != "sit_mine");
    assert_eq!((keys[0].scopes, keys[0].expires_at), (Scopes::of(&[Scope::Read]), None));
    assert_eq!((user.name.as_str(), user.email.as_str()), ("Asha", "asha@example.com"));
}

#[tokio::test]
async fn a_form_that_is_too_long_is_refused_and_the_page_says_so() {
    let ground = Ground::open().await;
    let (browser, organisation, _) = ground.partner("asha@example.com").await;
    let path = format!("/console/o/{}/sites", organisation.id);
    let long = fields(&[("name", "x"), ("origins", &"https://a.example\n".repeat(4000))]);
    for (browser, path) in [(&browser, path.as_str()), (&Browser::default(), "/console/sign-in")] {
        let answer = ground.send(browser, path, &long, From::OurPage).await;
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        assert!(answer.text().await.unwrap().contains("<h1>Too long</h1>"));
    }
}

#[tokio::test]
async fn a_key_that_was_found_is_explained_to_its_finder_and_its_owner_is_not_named() {
    let ground = Ground::open().await;
    let (mut owner, organisation, _) = ground.partner("owner@example.com").await;
    let (mut finder, ..) = ground.partner("finder@example.com").await;
    let by = By::system("test", ground.app.clock.now());
    let new = NewKey::secret(Mode::Live, "Scores", Scopes::of(&[Scope::Feed]));
    let issue = async |tx: &store::Transaction<'_>| key::issue(tx, &organisation.id, &new, &by).await;
    let issued = ground.app.store.run_tx("test", async |tx| issue(tx).await).await.unwrap();
    ground.app.keys.insert(&issued.record);
    let text = issued.key.reveal().to_owned();
    let look = async |browser: &mut Browser, key: &str| {
        let answer = ground.press(browser, "/console/leaked", &[("key", key)]).await.text().await.unwrap();
        assert!(!answer.contains(&text), "it is not repeated");
        answer
    };
    assert!(look(&mut owner, &text).await.contains("it is yours: <strong>Scores</strong>"));
    let told = look(&mut finder, &text).await;
    assert!(
        told.contains("a secret key that works")
            && !told.contains("Scores")
            && !told.contains(&organisation.id),
        "{told}"
    );
    for nonsense in ["", "hello", &text[..40]] {
        assert!(look(&mut finder, nonsense).await.contains("no key of ours"), "{nonsense}");
    }
    ground.app.revoke_key(&issued.record.id);
    assert!(look(&mut finder, &text).await.contains("opens nothing"));
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_answered_by_a_page() {
    let ground = Ground::open().await;
    let (mut browser, organisation, _) = ground.partner("asha@paper.example").await;
    let base = format!("/console/o/{}", organisation.id);
    for (path, status) in [
        (format!("{base}/keys/%ff"), StatusCode::NOT_FOUND),
        (format!("{base}/sites/%ff"), StatusCode::NOT_FOUND),
        (format!("{base}/webhooks/%ff"), StatusCode::NOT_FOUND),
        ("/console/o/%ff/keys".to_owned(), StatusCode::NOT_FOUND),
        ("/console/welcome/%ff".to_owned(), StatusCode::NOT_FOUND),
        ("/console/invite/%ff".to_owned(), StatusCode::NOT_FOUND),
        (format!("{base}/sites?done=site&done=site"), StatusCode::BAD_REQUEST),
        (format!("{base}/usage?of=all&of=all"), StatusCode::BAD_REQUEST),
        (format!("{base}?done=site&done=site"), StatusCode::BAD_REQUEST),
    ] {
        let page = ground.see(&browser, &path).await;
        let kind = page.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!((page.status(), kind.as_str()), (status, "text/html; charset=utf-8"), "{path}");
        assert!(page.text().await.unwrap().contains("<h1>"), "{path}");
    }
    let pressed = ground.press(&mut browser, &format!("{base}/keys/%ff/revoke"), &[("sure", "yes")]).await;
    assert_eq!(pressed.status(), StatusCode::NOT_FOUND);
    assert_eq!(pressed.headers()["content-type"], "text/html; charset=utf-8");
}
