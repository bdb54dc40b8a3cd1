//! Fences in the console: of the house, for operators, and a partner's own, for its members.

use super::{Desk, PAGES};
use crate::dashboard::{Browser, From};
use crate::support::{fields, location};
use access::By;
use access::place::{Claims, Position, decide, decision};
use partners::{Role, member};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, COOKIE, ORIGIN};

/// A form as a browser sends it.
fn written() -> Vec<(&'static str, &'static str)> {
    vec![
        ("do", "save"),
        ("version", "0"),
        ("name", "South <b>"),
        ("allow_places", "Karnataka\nIN-TN"),
        ("allow_more", "Kerala (IN-KL)"),
        ("deny_circles", "12.9788, 77.5996, 3"),
        ("needs", "address"),
        ("without", "ask"),
    ]
}

fn with(name: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut form = written();
    form.retain(|it| it.0 != name);
    form.push((name, value));
    form
}

fn id_of(to: &str) -> String {
    to.split("/fences/").nth(1).unwrap().split(['?', '/']).next().unwrap().to_owned()
}

impl Desk {
    async fn fence(&self, browser: &mut Browser) -> String {
        let made = self.press(browser, "/fences/new", &written()).await;
        assert_eq!(made.status(), StatusCode::SEE_OTHER);
        assert!(location(&made).ends_with("done=fence-made"), "{}", location(&made));
        id_of(location(&made))
    }
}

#[tokio::test]
async fn a_fence_is_made_tried_changed_and_retired_and_the_log_says_by_whom() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    assert!(desk.page(&asha, "/fences").await.contains("There is no fence yet."));
    let form = desk.page(&asha, "/fences/new").await;
    assert!(form.contains("<option value=\"Karnataka (IN-KA)\">Karnataka, India</option>"), "by name");

    let tried = desk.press(&mut asha, "/fences/new", &with("do", "try")).await;
    assert_eq!(tried.status(), StatusCode::OK);
    let tried = tried.text().await.unwrap();
    for said in
        ["2 of 36 parts of India; partly: Karnataka;", "Kerala (IN-KL)", "South &lt;b&gt;", ">Mumbai<"]
    {
        assert!(tried.contains(said), "{said}: {tried}");
    }
    assert!(desk.page(&asha, "/fences").await.contains("There is no fence yet."), "unsaved");

    let id = desk.fence(&mut asha).await;
    let path = format!("/fences/{id}");
    let page = desk.page(&asha, &format!("{path}?done=fence-made")).await;
    for said in [
        "The fence is up",
        "Allowed: Kerala (IN-KL)",
        "Denied: within 3 km of 12.9788, 77.5996",
        "Asha Rao, asha@crease.example",
        "Nothing that is kept.",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let pins = [("pins", "Gate 4, 12.9788, 77.5996\nPark, 13.2, 77.5")];
    let own = desk.press(&mut asha, &format!("{path}/try"), &pins).await.text().await.unwrap();
    let row = |name: &str| own.split(&format!(">{name}</th>")).nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(row("Gate 4").contains("denied") && row("Park").contains("allowed"), "{own}");
    let wrong = desk.press(&mut asha, &format!("{path}/try"), &[("pins", "Gate 4")]).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);

    // The next version; who was slower sees the other's, and keeps their own.
    let form = desk.page(&asha, &format!("{path}/write")).await;
    assert!(form.contains("name=\"version\" value=\"1\"") && form.contains("Karnataka (IN-KA)\nTamil Nadu"));
    let mut next = with("deny_circles", "");
    next[1] = ("version", "1");
    let saved = desk.press(&mut asha, &format!("{path}/write"), &next).await;
    assert!(location(&saved).ends_with("done=fence-written"), "{}", saved.status());
    let mut slower = with("allow_places", "Goa");
    slower[1] = ("version", "1");
    let slower = desk.press(&mut asha, &format!("{path}/write"), &slower).await;
    let slower = slower.text().await.unwrap();
    assert!(slower.contains("Somebody has written version 2") && slower.contains("Goa"), "{slower}");
    let page = desk.page(&asha, &path).await;
    assert!(page.contains("<del>Denied: within 3 km") && page.contains("Version 2 is judged by"), "{page}");

    // What it has said, as coarse as it is kept.
    let app = &desk.ground.app;
    let fence = app.store.read("test", async |db| app.fences.current(db, &id, app.world.regions()).await);
    let fence = fence.await.unwrap();
    let position = Some(Position::new((12.971_599, 77.594_566), 30.0, desk.now(), desk.now()).unwrap());
    let claims = Claims { position, ..Claims::default() };
    let said = decide(&fence.fence, &claims, app.world.regions(), desk.now());
    let keep = async |tx: &store::Transaction<'_>| decision::keep(tx, (&id, 2), "fan_1", &said).await;
    app.store.run_tx("test", keep).await.unwrap();
    for rest in ["", "/decisions"] {
        let page = desk.page(&asha, &format!("{path}{rest}")).await;
        assert!(page.contains("<td>Karnataka</td>") && page.contains("<td>position</td>"), "{page}");
        assert!(!page.contains("12.9715") && !page.contains("77.5945") && !page.contains("fan_1"), "{page}");
    }

    let unsure = desk.press(&mut asha, &format!("{path}/retire"), &[]).await;
    assert_eq!(unsure.status(), StatusCode::UNPROCESSABLE_ENTITY);
    for _ in 0..2 {
        let retired = desk.press(&mut asha, &format!("{path}/retire"), &[("sure", "yes")]).await;
        assert!(location(&retired).ends_with("done=fence-retired"));
    }
    let page = desk.page(&asha, &path).await;
    assert!(page.contains(">retired<") && !page.contains("Write the next version"), "{page}");
    for rest in ["/write", "/write?x=1"] {
        let refused = desk.ground.see(&asha, &Desk::path(&format!("{path}{rest}"))).await;
        assert_eq!(refused.status(), StatusCode::CONFLICT);
    }
    assert_eq!(desk.press(&mut asha, &format!("{path}/write"), &next).await.status(), StatusCode::CONFLICT);
    let log = desk.page(&asha, "/audit").await;
    for deed in ["fence.put", "fence.change", "fence.retire"] {
        assert!(log.contains(deed), "{deed}: {log}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_its_field_and_all_that_was_typed_is_kept() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    let bow_tie = r#"{"type":"Polygon","coordinates":[[[0,0],[2,2],[2,0],[0,2],[0,0]]]}"#;
    for (field, value, expected) in [
        ("name", "", "Give it a name"),
        ("name", "a\u{0}b", "Give it a name"),
        ("allow_places", "Narnia <b>", "Line 1: no place is called"),
        ("deny_places", "India", "lets nobody in: IN is denied"),
        ("deny_circles", "12.9788, 77.5996", "Line 1: a circle is"),
        ("allow_shapes", bow_tie, "the line from here crosses"),
        ("windows", "18:00-23:00 Asia/Nowhere", "Hours 1: this is no time zone"),
        ("needs", "luck", "Choose whose word is enough"),
    ] {
        let wrong = desk.press(&mut asha, "/fences/new", &with(field, value)).await;
        assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        let page = wrong.text().await.unwrap();
        assert!(page.contains(expected), "{field} {expected}: {page}");
        assert!(page.contains("Kerala (IN-KL)") && !page.contains("<b>"), "{field}: {page}");
    }
    // A file takes the place of what was pasted on its side.
    let part = |head: &str, text: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{head}\r\n\r\n{text}\r\n")
    };
    let csrf = desk.ground.csrf(&asha).await;
    let all = with("file_side", "deny").into_iter().chain([("csrf", csrf.as_str())]);
    let parts: String = all.map(|(name, value)| part(&format!("{name}\""), value)).collect();
    let body = format!("{parts}{}--x--\r\n", part("file\"; filename=\"a.geojson\"", bow_tie));
    let sent = desk.ground.client.post(format!("{}{}", desk.ground.url, Desk::path("/fences/new")));
    let sent = sent.header(COOKIE, asha.header()).header(ORIGIN, &desk.ground.url);
    let sent = sent.header(CONTENT_TYPE, "multipart/form-data; boundary=x").body(body).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = sent.text().await.unwrap();
    assert!(page.contains("href=\"#deny_shapes\"") && page.contains("the line from here crosses"), "{page}");
}

#[tokio::test]
async fn a_fence_is_its_owners_and_changed_by_who_may_on_a_page_of_ours() {
    let desk = Desk::open().await;
    let mut asha = desk.operator().await;
    let of_house = desk.fence(&mut asha).await;
    let (mut ben, organisation, _) = desk.ground.partner("ben@times.example").await;
    let at = |rest: &str| format!("/console/o/{}/rewards/fences{rest}", organisation.id);
    let made = desk.ground.press(&mut ben, &at("/new"), &written()).await;
    let own = id_of(location(&made));
    let list = desk.ground.page(&ben, &at("")).await;
    assert!(list.contains(&own) && !list.contains(&of_house), "{list}");
    let house = desk.page(&asha, "/fences").await;
    assert!(house.contains(&of_house) && !house.contains(&own), "{house}");

    for rest in ["", "/write", "/try", "/decisions"] {
        let refused = desk.ground.see(&ben, &at(&format!("/{of_house}{rest}"))).await;
        assert_eq!(refused.status(), StatusCode::NOT_FOUND, "{rest}");
        let refused = desk.ground.see(&asha, &Desk::path(&format!("/fences/{own}{rest}"))).await;
        assert_eq!(refused.status(), StatusCode::NOT_FOUND, "{rest}");
    }
    let mut sure = written();
    sure.push(("sure", "yes"));
    for rest in ["/write", "/try", "/retire"] {
        let refused = desk.ground.press(&mut ben, &at(&format!("/{of_house}{rest}")), &sure).await;
        assert_eq!(refused.status(), StatusCode::NOT_FOUND, "{rest}");
        let refused = desk.press(&mut asha, &format!("/fences/{own}{rest}"), &sure).await;
        assert_eq!(refused.status(), StatusCode::NOT_FOUND, "{rest}");
    }

    // An analyst looks; nobody else's page presses; too much is not read.
    let (mut cleo, _, user) = desk.ground.partner("cleo@times.example").await;
    let by = By::system("test", desk.now());
    let add = async |tx: &store::Transaction<'_>| {
        member::add(tx, &organisation.id, &user, Role::Analyst, &by).await
    };
    desk.ground.app.store.run_tx("test", add).await.unwrap();
    let page = desk.ground.page(&cleo, &at(&format!("/{own}"))).await;
    assert!(!page.contains("Write the next version") && !page.contains("Retire it"), "{page}");
    for rest in ["/new", &format!("/{own}/write")] {
        let refused = desk.ground.see(&cleo, &at(rest)).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{rest}");
    }
    let acts = ["/new".to_owned(), format!("/{own}/write"), format!("/{own}/try"), format!("/{own}/retire")];
    for rest in &acts {
        let refused = desk.ground.press(&mut cleo, &at(rest), &sure).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{rest}");
        let mut form = fields(&sure);
        for from in [From::Elsewhere, From::CrossSite, From::OurPage] {
            let refused = desk.ground.send(&ben, &at(rest), &form, from).await;
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{rest} {from:?}");
        }
        form.push(("csrf".to_owned(), desk.ground.csrf(&ben).await));
        form.push(("allow_shapes".to_owned(), "[".repeat(1_100_000)));
        let refused = desk.ground.send(&ben, &at(rest), &form, From::OurPage).await;
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE, "{rest}");
    }
    assert!(PAGES.contains(&"/fences") && PAGES.contains(&"/fences/new"), "outsiders are tried there");
}
