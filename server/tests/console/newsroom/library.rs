//! Pictures: what comes in and what does not, what is said of them, and who may.

use super::{Asks, File, Newsroom, PATH, json};
use crate::dashboard::{Browser, From};
use crate::support::{encode, fields, hidden};
use cms::rights::{Rights, Role};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::StatusCode;
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use serde_json::{Value, json as value};
use std::io::Cursor;

fn picture(size: (u32, u32), format: ImageFormat) -> Vec<u8> {
    let pixels = RgbImage::from_fn(size.0, size.1, |x, y| Rgb([x as u8, y as u8, (x ^ y) as u8]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

impl Newsroom {
    async fn upload(&self, browser: &Browser, name: &str, bytes: &[u8]) -> (StatusCode, Value) {
        let sent = self.send(browser, "/media", &[], &[File { name, bytes }], Asks::Script).await;
        (sent.status(), json(sent).await)
    }

    async fn picture(&self, browser: &Browser, width: u32) -> String {
        let (status, taken) = self.upload(browser, "a.png", &picture((width, 300), ImageFormat::Png)).await;
        assert_eq!(status, StatusCode::CREATED, "{taken}");
        taken["id"].as_str().unwrap().to_owned()
    }

    async fn look(&self, browser: &Browser, rest: &str) -> Value {
        let answer = self.ground.see(browser, &format!("{PATH}{rest}")).await;
        assert_eq!(
            (answer.status(), &answer.headers()[CACHE_CONTROL]),
            (StatusCode::OK, &"no-store".parse().unwrap())
        );
        json(answer).await
    }
}

#[tokio::test]
async fn what_is_uploaded_is_in_the_library_and_the_same_again_is_told() {
    let newsroom = Newsroom::open().await;
    let asha = newsroom.is(Role::Editor).await;
    let bytes = picture((400, 300), ImageFormat::Jpeg);
    let (status, taken) = newsroom.upload(&asha, "../cup<b>.jpg", &bytes).await;
    assert_eq!((status, &taken["before"]), (StatusCode::CREATED, &value!(false)));
    let id = taken["id"].as_str().unwrap();
    assert_eq!(taken["href"], format!("{PATH}/media/{id}"));
    let (status, again) = newsroom.upload(&asha, "other.jpg", &bytes).await;
    assert_eq!((status, &again["id"], &again["before"]), (StatusCode::OK, &taken["id"], &value!(true)));
    let page = newsroom.page(&asha, "/media").await;
    assert!(page.contains("cup&lt;b&gt;.jpg") && !page.contains("../cup"), "{page}");
    // A form without a script sends all at once, and is told of each.
    let png = picture((40, 40), ImageFormat::Png);
    let files = [
        File { name: "again.jpg", bytes: &bytes },
        File { name: "new.png", bytes: &png },
        File { name: "<i>.svg", bytes: b"<svg onload=alert(1)>" },
    ];
    let sent = newsroom.send(&asha, "/media", &[], &files, Asks::Browser).await;
    assert_eq!(sent.status(), StatusCode::OK);
    let page = sent.text().await.unwrap();
    for told in [
        "again.jpg</strong> <span>is there already",
        "new.png</strong> <span>is there. ",
        "&lt;i&gt;.svg</strong> <span>is not taken: this is an SVG drawing",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    // One alone leads to its page, to be described.
    let one = [File { name: "one.png", bytes: &picture((41, 40), ImageFormat::Png) }];
    let sent = newsroom.send(&asha, "/media", &[], &one, Asks::Browser).await;
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    let to = sent.headers()[LOCATION].to_str().unwrap().to_owned();
    assert!(
        newsroom.ground.page(&asha, &to).await.contains("Say what it shows, so that it can be published.")
    );
    let nothing = newsroom.send(&asha, "/media", &[], &[], Asks::Browser).await;
    assert_eq!(nothing.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_is_no_picture_is_refused_in_words_and_nothing_of_it_is_kept() {
    let newsroom = Newsroom::open().await;
    let asha = newsroom.is(Role::Editor).await;
    let mut huge = picture((10, 10), ImageFormat::Gif);
    // Of a screen of 60,000 by 60,000.
    huge[6..10].copy_from_slice(&[0x60, 0xea, 0x60, 0xea]);
    let cut = &picture((400, 300), ImageFormat::Jpeg)[..2_000];
    let large = vec![0xff; cms::media::BYTES_MAX + 1];
    for (name, bytes, status, word) in [
        (
            "a.svg",
            &b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"[..],
            422,
            "SVG",
        ),
        ("a.png", b"<!doctype html><script>alert(1)</script>", 422, "a page"),
        ("a.jpg", b"PK\x03\x04", 422, "an archive"),
        ("a.png", b"", 422, "something else"),
        ("a.gif", &huge, 422, "40 million pixels"),
        ("a.jpg", cut, 422, "cannot be read"),
        ("a.jpg", &large, 413, "bytes at most"),
    ] {
        let (answer, told) = newsroom.upload(&asha, name, bytes).await;
        assert_eq!(answer.as_u16(), status, "{name} {told}");
        assert!(told["error"].as_str().unwrap().contains(word), "{name} {told}");
    }
    assert_eq!(newsroom.count("select count(*) from cms.media").await, 0);
    assert_eq!(newsroom.count("select count(*) from cms.media_blob").await, 0);
    // What hides behind a picture does not come with it.
    let mut polyglot = picture((64, 64), ImageFormat::Png);
    polyglot.extend(b"<script>alert('polyglot')</script>");
    let (status, _) = newsroom.upload(&asha, "a.html", &polyglot).await;
    assert_eq!(status, StatusCode::CREATED);
    let sql = "select count(*) from cms.media_blob where position('polyglot'::bytea in bytes) > 0";
    assert_eq!(newsroom.count(sql).await, 0);
}

#[tokio::test]
async fn who_describes_late_keeps_the_own_words_and_sees_the_others() {
    let newsroom = Newsroom::open().await;
    let asha = newsroom.is(Role::Editor).await;
    let id = newsroom.picture(&asha, 400).await;
    let path = format!("/media/{id}");
    let first = newsroom.page(&asha, &path).await;
    let version = hidden(&first, "version");
    let form = |alt: &'static str, x: &'static str, version: &str| -> Vec<(&'static str, String)> {
        let text = |it: &str| it.to_owned();
        vec![
            ("alt", text(alt)),
            ("caption", text("")),
            ("credit", text("")),
            ("x", text(x)),
            ("y", text("50")),
            ("version", text(version)),
        ]
    };
    let press = async |form: Vec<(&'static str, String)>| {
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        newsroom.follow(&asha, &path, &form).await
    };
    let (status, page) = press(form("A <b>cup", "33.3", &version)).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(
        page.contains("What it shows is saved.")
            && page.contains("A &lt;b&gt;cup")
            && page.contains("value=\"33.3\""),
        "{page}"
    );
    let (status, page) = press(form("Mine", "33.3", &version)).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(page.contains("\nMine</textarea>") && page.contains("<dd>A &lt;b&gt;cup</dd>"), "{page}");
    let (status, page) = press(form("Mine", "33.3", &hidden(&page, "version"))).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (status, wrong) = press(form("Mine", "101", &hidden(&page, "version"))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.contains("id=\"x-mistake\""), "{wrong}");
    // It is found by its words, and looked up by them.
    let found = newsroom.look(&asha, "/media/look?q=min").await;
    assert_eq!(
        found[0],
        value!({"id": id, "label": "Mine", "alt": "Mine", "thumbnail": format!("{PATH}/media/{id}/thumbnail")})
    );
    assert_eq!(newsroom.look(&asha, "/media/look?q=cup").await, value!([]));
    let thumbnail = newsroom.ground.see(&asha, &format!("{PATH}/media/{id}/thumbnail")).await;
    let to = thumbnail.headers()[LOCATION].to_str().unwrap();
    assert!(
        thumbnail.status() == StatusCode::TEMPORARY_REDIRECT && to.starts_with(&format!("/media/{id}/")),
        "{to}"
    );
}

#[tokio::test]
async fn what_fans_see_is_told_and_stays_and_the_rest_goes_to_the_trash_and_back() {
    let newsroom = Newsroom::open().await;
    let asha = newsroom.is(Role::Editor).await;
    let id = newsroom.picture(&asha, 400).await;
    let card = newsroom.entry("news-card", &value!({"headline": "A <b> card", "picture": id})).await;
    let path = format!("/media/{id}");
    let page = newsroom.page(&asha, &path).await;
    assert!(
        page.contains(&format!("href=\"{PATH}/entries/{card}?lang=en\""))
            && page.contains("A &lt;b&gt; card"),
        "{page}"
    );
    let version = hidden(&page, "version");
    let shown = "insert into cms.media_use (media_id, used_by) select id, 'ent_1/en' from cms.media";
    newsroom.ground.app.store.run_tx("test", async |tx| tx.batch(shown).await).await.unwrap();
    let trash = format!("{path}/trash");
    let (status, page) = newsroom.follow(&asha, &trash, &[("version", &version)]).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(page.contains("fans see it"), "{page}");
    let free = "delete from cms.media_use";
    newsroom.ground.app.store.run_tx("test", async |tx| tx.batch(free).await).await.unwrap();
    let (status, page) = newsroom.follow(&asha, &trash, &[("version", &version)]).await;
    assert!(status == StatusCode::SEE_OTHER && page.contains("The picture is in the trash."), "{page}");
    assert!(newsroom.page(&asha, "/media?which=trash").await.contains(&id));
    assert!(!newsroom.page(&asha, "/media").await.contains(&id));
    let stale = newsroom.press(&asha, &format!("{path}/restore"), &[("version", &version)]).await;
    assert_eq!(stale.status(), StatusCode::CONFLICT);
    let now = hidden(&page, "version");
    let (status, page) = newsroom.follow(&asha, &format!("{path}/restore"), &[("version", &now)]).await;
    assert!(status == StatusCode::SEE_OTHER && page.contains("The picture is out of the trash."), "{page}");
    assert_eq!(newsroom.count("select count(*) from access.audit where action like 'media.%'").await, 3);
}

#[tokio::test]
async fn names_are_of_what_one_may_see_and_of_matches() {
    let newsroom = Newsroom::open().await;
    let asha = newsroom.is(Role::Editor).await;
    let player = newsroom.entry("player", &value!({"name": "Asha <Vale>"})).await;
    newsroom.entry("article", &value!({"headline": "Asha writes"})).await;
    let mut scorer = newsroom.ground.scorer().await;
    let match_path = scorer.new_match().await;
    let match_id = match_path.rsplit('/').next().unwrap();
    let label = "Oaks v Elms, 2026-05-24";
    assert_eq!(
        newsroom.look(&asha, "/names/look?q=ash").await,
        value!([{"id": player, "label": "Asha <Vale>", "kind": "player"}])
    );
    let found = value!([{"id": match_id, "label": label, "kind": "match"}]);
    assert_eq!(newsroom.look(&asha, "/names/look?q=elms+oak").await, found);
    assert_eq!(newsroom.look(&asha, "/embeds/look?q=OAKS").await, found);
    // A word of the set-up that nobody reads finds nothing, and signs are no words and no pattern.
    for (q, count) in [("balls_per_over", 0), ("teams", 0), ("%25", 1), ("_", 1), ("%00", 2)] {
        let found = newsroom.look(&asha, &format!("/names/look?q={q}")).await;
        assert_eq!(found.as_array().unwrap().len(), count, "{q} {found}");
    }
    let of_articles = Rights { kinds: Some(["article".to_owned()].into()), ..Rights::all(Role::Editor) };
    let ben = newsroom.member("ben", &of_articles).await;
    assert_eq!(newsroom.look(&ben, "/names/look?q=asha").await, value!([]));
}

#[tokio::test]
async fn each_route_of_pictures_is_for_whom_the_table_says() {
    let newsroom = Newsroom::open().await;
    let editor = newsroom.is(Role::Editor).await;
    let id = newsroom.picture(&editor, 400).await;
    let one = format!("/media/{id}");
    let pages =
        ["/media", "/media?which=trash", "/media/look?q=a", "/names/look?q=a", "/embeds/look?q=", &one];
    let acts = [one.clone(), format!("{one}/trash"), format!("{one}/restore")];
    let png = picture((30, 30), ImageFormat::Png);
    let file = [File { name: "a.png", bytes: &png }];
    let outsider = newsroom.ground.partner("eve@elsewhere.example").await.0;
    let mut who = vec![("outsider", outsider, StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)];
    for role in [Role::Viewer, Role::Translator, Role::Reviewer, Role::Admin] {
        let act = if role < Role::Editor { StatusCode::FORBIDDEN } else { StatusCode::OK };
        who.push((role.word(), newsroom.is(role).await, StatusCode::OK, act));
    }
    for (name, browser, see, act) in who {
        for page in pages {
            assert_eq!(newsroom.status(&browser, page).await, see, "{name} {page}");
        }
        for path in &acts {
            // One that is nobody's version: whoever may is told that it is another.
            let status =
                newsroom.press(&browser, path, &[("version", "99"), ("x", "1"), ("y", "1")]).await.status();
            let expected = if act == StatusCode::OK { StatusCode::CONFLICT } else { act };
            assert_eq!(status, expected, "{name} {path}");
        }
        let sent = newsroom.send(&browser, "/media", &[], &file, Asks::Script).await.status();
        let is_as_expected = if act == StatusCode::OK { sent.is_success() } else { sent == act };
        assert!(is_as_expected, "{name} {sent}");
    }
    // Who is not signed in is led to where one does, and what comes from elsewhere is not done.
    let signed_out = newsroom.ground.see(&Browser::default(), &format!("{PATH}/media")).await;
    assert_eq!(signed_out.status(), StatusCode::SEE_OTHER);
    let csrf = newsroom.ground.csrf(&editor).await;
    for (from, csrf) in [(From::Elsewhere, csrf.as_str()), (From::CrossSite, &csrf), (From::OurPage, "other")]
    {
        let form = fields(&[("csrf", csrf), ("version", "1")]);
        let sent = newsroom.ground.send(&editor, &format!("{PATH}{one}/trash"), &form, from).await;
        assert_eq!(sent.status(), StatusCode::FORBIDDEN, "{from:?} {}", encode(&form));
    }
    let answer = newsroom.ground.see(&editor, &format!("{PATH}/media/look?q=")).await;
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
}
