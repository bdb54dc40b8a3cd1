//! What partners have of rewards in their dashboards: their own campaigns and products, and nobody else's.

use super::products::{id_of, terms};
use super::{Desk, FAN, PAGES, written};
use crate::dashboard::{Browser, From};
use crate::support::{fields, hidden, location};
use access::By;
use jiff::SignedDuration;
use partners::{Organisation, Role, member};
use reqwest::header::{CONTENT_TYPE, COOKIE, ORIGIN};
use reqwest::{Response, StatusCode};
use wallet::{Books, Holder, TransferId, holder};

const FAN_OF_BEN: &str = "fan_0000000000000000000002";

/// A partner with a fan of its own in the test books, beside that of the desk.
struct Partner<'a> {
    desk: &'a Desk,
    ben: Browser,
    organisation: Organisation,
}

impl<'a> Partner<'a> {
    async fn of(desk: &'a Desk) -> Self {
        let (ben, organisation, _) = desk.ground.partner("ben@times.example").await;
        let (app, now) = (&desk.ground.app, desk.now());
        let holder = Holder { fan_id: FAN_OF_BEN, organisation_id: &organisation.id, books: Books::Test };
        let open = async |tx: &store::Transaction<'_>| {
            holder::open(tx, &holder, &holder::Terms::default(), now).await
        };
        app.store.run_tx("test", open).await.unwrap();
        Self { desk, ben, organisation }
    }

    fn path(&self, rest: &str) -> String {
        let and = if rest.contains('?') { '&' } else { '?' };
        format!("/console/o/{}/rewards{rest}{and}mode=test", self.organisation.id)
    }

    async fn see(&self, rest: &str) -> Response {
        self.desk.ground.see(&self.ben, &self.path(rest)).await
    }

    async fn page(&self, rest: &str) -> String {
        self.desk.ground.page(&self.ben, &self.path(rest)).await
    }

    async fn press(&mut self, rest: &str, form: &[(&str, &str)]) -> Response {
        let path = self.path(rest);
        self.desk.ground.press(&mut self.ben, &path, form).await
    }

    async fn press_new(&mut self, rest: &str, form: &[(&str, &str)]) -> Response {
        let id = hidden(&self.page(rest).await, "id");
        let form: Vec<_> = form.iter().copied().chain([("id", id.as_str())]).collect();
        self.press(rest, &form).await
    }

    /// A campaign of its own with a version.
    async fn write(&mut self) -> String {
        let made = self.press_new("/campaigns/new", &[("name", "Sixes of ours")]).await;
        assert_eq!(made.status(), StatusCode::SEE_OTHER);
        let id = location(&made).split("/campaigns/").nth(1).unwrap().split('/').next().unwrap().to_owned();
        let saved = self.press(&format!("/campaigns/{id}/write"), &written()).await;
        assert_eq!(saved.status(), StatusCode::SEE_OTHER);
        id
    }

    /// Somebody else of the same organisation.
    async fn with(&self, email: &str, role: Role) -> Browser {
        let (browser, _, user) = self.desk.ground.partner(email).await;
        let by = By::system("test", self.desk.now());
        let id = &self.organisation.id;
        let add = async |tx: &store::Transaction<'_>| member::add(tx, id, &user, role, &by).await;
        self.desk.ground.app.store.run_tx("test", add).await.unwrap();
        browser
    }
}

#[tokio::test]
async fn a_partner_has_a_campaign_of_its_own_go_live_pauses_it_and_ends_it() {
    let desk = Desk::open().await;
    let mut partner = Partner::of(&desk).await;
    let empty = partner.page("").await;
    assert!(empty.contains("There is no campaign in these books yet.") && empty.contains("New campaign"));
    let new = partner.page("/campaigns/new").await;
    assert!(!new.contains("Whose fans earn") && !new.contains("name=\"organisation\""), "{new}");
    let an_hour_ago = desk.now() - SignedDuration::from_hours(1);
    desk.happened("six", FAN, an_hour_ago).await;
    desk.happened("six", FAN_OF_BEN, an_hour_ago).await;
    let id = partner.write().await;
    let path = format!("/campaigns/{id}");

    // Tried on what its own fans did; its budget of the test books it fills itself.
    let tried = partner.page(&format!("{path}/forecast?version=1&days=7")).await;
    assert!(tried.contains("1 thing judged") && tried.contains("Its budget is empty."), "{tried}");
    let number = TransferId::fresh().to_string();
    let fill = [("id", number.as_str()), ("amount", "500"), ("why", "To try it")];
    for _ in 0..2 {
        assert_eq!(partner.press(&format!("{path}/fill"), &fill).await.status(), StatusCode::SEE_OTHER);
    }
    let live = [("version", "1"), ("days", "7"), ("sure", "yes")];
    let to = location(&partner.press(&format!("{path}/live"), &live).await).to_owned();
    assert_eq!(to, format!("/console/o/{}/rewards{path}?mode=test&done=live", partner.organisation.id));
    let page = desk.ground.page(&partner.ben, &to).await;
    for said in [
        "The version is live",
        "Live: version 1",
        "<dt>Budget left</dt><dd class=\"\">500</dd>",
        "Asha Rao, ben@times.example",
        "Pause it",
        "· Rewards, test · The Paper",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("Signals") && !page.contains("/console/rewards"), "nothing of operators: {page}");
    let policy = partner.see(&path).await.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe-inline"), "{policy}");

    desk.happened("six", FAN, desk.now()).await;
    desk.happened("six", FAN_OF_BEN, desk.now()).await;
    assert_eq!((desk.points(FAN).await, desk.points(FAN_OF_BEN).await), (0, 10));
    assert!(partner.page("").await.contains(">490<"));

    // Operators see it with whose it is.
    let asha = desk.operator().await;
    let seen = desk.page(&asha, &path).await;
    assert!(seen.contains("for The Paper") && seen.contains("ben@times.example"), "{seen}");

    let no_why = partner.press(&format!("{path}/pause"), &[]).await;
    assert_eq!(no_why.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let paused = partner.press(&format!("{path}/pause"), &[("pause-why", "Rain")]).await;
    assert!(location(&paused).ends_with("done=paused"));
    desk.happened("six", FAN_OF_BEN, desk.now()).await;
    assert_eq!(desk.points(FAN_OF_BEN).await, 10);
    for _ in 0..2 {
        let ended = partner.press(&format!("{path}/end"), &[("end-why", "The season is over")]).await;
        assert!(location(&ended).ends_with("done=ended"));
    }
    let again = partner.press(&format!("{path}/live"), &live).await;
    assert_eq!(again.status(), StatusCode::CONFLICT);
    let page = partner.page(&path).await;
    assert!(
        page.contains("It was ended") && page.contains(">over<") && !page.contains("Write version"),
        "{page}"
    );
    let done = ["make", "write", "fill", "live", "pause", "end"].map(|it| format!("campaign.{it}"));
    assert_eq!(desk.deeds().await, done);
    let log = desk.ground.page(&partner.ben, &format!("/console/o/{}/audit", partner.organisation.id)).await;
    assert!(log.contains("campaign.end") && log.contains("campaign.make"), "{log}");
}

#[tokio::test]
async fn what_belongs_to_another_or_to_the_house_is_not_there() {
    let desk = Desk::open().await;
    let mut partner = Partner::of(&desk).await;
    let mut asha = desk.operator().await;
    // The house's, and another organisation's; each with a product.
    let house = desk.write(&mut asha, &written()).await;
    let other = desk.organisation.id.clone();
    let theirs = [("name", "Theirs"), ("whose", "one"), ("organisation", other.as_str())];
    let theirs = desk.press_new(&mut asha, "/campaigns/new", &theirs).await;
    let theirs = location(&theirs).split("/campaigns/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    desk.press(&mut asha, &format!("/campaigns/{theirs}/write"), &written()).await;
    let of_house = id_of(location(&desk.press_new(&mut asha, "/products/new", &terms()).await));
    let mut form = terms();
    form[0] = ("whose", "one");
    form.push(("organisation", &other));
    let of_theirs = id_of(location(&desk.press_new(&mut asha, "/products/new", &form).await));
    let before = desk.deeds().await;

    for (campaign, product) in [(&house, &of_house), (&theirs, &of_theirs)] {
        for rest in ["", "/versions/1", "/write", "/forecast?version=1&days=7"] {
            let path = format!("/campaigns/{campaign}{rest}");
            let refused = partner.see(&path).await;
            assert_eq!(refused.status(), StatusCode::NOT_FOUND, "{path}");
            let page = refused.text().await.unwrap();
            assert!(!page.contains("Operations") && !page.contains("Theirs"), "{path}: {page}");
        }
        assert_eq!(partner.see(&format!("/products/{product}")).await.status(), StatusCode::NOT_FOUND);
        let number = TransferId::fresh().to_string();
        let mut save = written();
        save.push(("version", "1"));
        let all = [("sure", "yes"), ("pause-why", "x"), ("end-why", "x"), ("why", "x"), ("amount", "5")];
        save.extend(all);
        let codes = [("id", number.as_str()), ("key", &number), ("count", "5"), ("state", "on-sale")];
        save.extend(codes);
        save.extend(terms());
        for path in [
            format!("/campaigns/{campaign}/write"),
            format!("/campaigns/{campaign}/live"),
            format!("/campaigns/{campaign}/pause"),
            format!("/campaigns/{campaign}/end"),
            format!("/campaigns/{campaign}/fill"),
            format!("/products/{product}"),
            format!("/products/{product}/state"),
            format!("/products/{product}/codes"),
        ] {
            assert_eq!(partner.press(&path, &save).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
    let (campaigns, products) = (partner.page("").await, partner.page("/products").await);
    assert!(
        campaigns.contains("no campaign in these books") && products.contains("no product in these books")
    );
    // What says whose it is to be is not asked: it is its own.
    let made = [("name", "Ours"), ("whose", "one"), ("organisation", other.as_str())];
    assert_eq!(partner.press_new("/campaigns/new", &made).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(partner.press_new("/products/new", &form).await.status(), StatusCode::SEE_OTHER);
    let sql = "
        select coalesce(organisation_id, '') as it from rewards.campaign where name = 'Ours'
        union all (select coalesce(organisation_id, '') from rewards.product order by id desc limit 1)";
    let rows = desk.ground.app.store.read("test", async |db| db.query(sql, &[]).await).await.unwrap();
    let owners: Vec<String> = rows.iter().map(|it| it.get("it")).collect();
    assert_eq!(owners, [partner.organisation.id.as_str(); 2]);
    // Operators' own parts are no part of it, whoever asks.
    for path in ["/signals", "/tiers", "/markets", "/markets/new", "/audit"] {
        assert_eq!(partner.see(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(desk.deeds().await.len(), before.len() + 2);
}

#[tokio::test]
async fn who_is_no_member_is_told_nothing_and_a_form_is_of_ones_own_session() {
    let desk = Desk::open().await;
    let mut partner = Partner::of(&desk).await;
    let id = partner.write().await;
    let (mut stranger, ..) = desk.ground.partner("stranger@example.com").await;
    let operator = desk.operator().await;
    for path in PAGES.iter().filter(|it| !["/signals", "/tiers"].contains(it) && !it.starts_with("/markets"))
    {
        let path = partner.path(&path.replace("{campaign}", &id));
        for browser in [&stranger, &operator] {
            assert_eq!(desk.ground.see(browser, &path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let nobody = desk.ground.see(&Browser::default(), &path).await;
        assert_eq!(
            (nobody.status(), location(&nobody)),
            (StatusCode::SEE_OTHER, "/console/sign-in"),
            "{path}"
        );
        assert_eq!(desk.ground.see(&partner.ben, &path).await.status(), StatusCode::OK, "{path}");
    }
    let before = desk.deeds().await;
    let csrf = desk.ground.csrf(&partner.ben).await;
    for rest in ["/campaigns/new", "/products/new"]
        .map(str::to_owned)
        .into_iter()
        .chain(["write", "live", "pause", "end", "fill"].map(|it| format!("/campaigns/{id}/{it}")))
    {
        let path = partner.path(&rest);
        let strange = desk.ground.press(&mut stranger, &path, &[]).await;
        assert_eq!(strange.status(), StatusCode::NOT_FOUND, "{path}");
        for (form, from) in [
            (fields(&[]), From::OurPage),
            (fields(&[("csrf", "wrong")]), From::OurPage),
            (fields(&[("csrf", &csrf)]), From::Elsewhere),
            (fields(&[("csrf", &csrf)]), From::CrossSite),
        ] {
            let refused = desk.ground.send(&partner.ben, &path, &form, from).await;
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path} {form:?} {from:?}");
        }
    }
    assert_eq!(desk.deeds().await, before);
}

#[tokio::test]
async fn each_role_does_what_it_may_and_budgets_in_earnest_are_the_platforms() {
    let desk = Desk::open().await;
    let mut partner = Partner::of(&desk).await;
    let id = partner.write().await;
    for (email, role, may_build) in [
        ("admin@times.example", Role::Admin, true),
        ("developer@times.example", Role::Developer, true),
        ("analyst@times.example", Role::Analyst, false),
        ("billing@times.example", Role::Billing, false),
    ] {
        let mut browser = partner.with(email, role).await;
        for path in ["", "/products", &format!("/campaigns/{id}"), &format!("/campaigns/{id}/versions/1")] {
            let page = desk.ground.page(&browser, &partner.path(path)).await;
            let main = page.split("<main").nth(1).unwrap();
            assert_eq!(
                main.contains("<form") || main.contains("/new?"),
                may_build && !path.contains("versions"),
                "{role:?} {path}"
            );
        }
        let path = partner.path(&format!("/campaigns/{id}/pause"));
        let pressed = desk.ground.press(&mut browser, &path, &[("pause-why", "x")]).await;
        let expected = if may_build { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN };
        assert_eq!(pressed.status(), expected, "{role:?}");
    }

    // In earnest: who has given is nobody's to know, and nobody here gives.
    let live = |rest: &str| partner.path(rest).replace("mode=test", "mode=live");
    let id = hidden(&desk.ground.page(&partner.ben, &live("/campaigns/new")).await, "id");
    let (new, form) = (live("/campaigns/new"), [("name", "In earnest"), ("id", id.as_str())]);
    let made = desk.ground.press(&mut partner.ben, &new, &form).await;
    let id = location(&made).split("/campaigns/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let to = format!("/campaigns/{id}");
    let path = format!("/console/o/{}/rewards{to}", partner.organisation.id);
    let page = desk.ground.page(&partner.ben, &path).await;
    assert!(
        page.contains("Whoever runs this platform fills it") && !page.contains("Fill the budget"),
        "{page}"
    );
    let number = TransferId::fresh().to_string();
    let fill = [("id", number.as_str()), ("amount", "500"), ("why", "A deal <b>")];
    let refused = desk.ground.press(&mut partner.ben, &format!("{path}/fill"), &fill).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let mut asha = desk.operator().await;
    let filled = desk.ground.press(&mut asha, &format!("/console/rewards{to}/fill"), &fill).await;
    assert_eq!(filled.status(), StatusCode::SEE_OTHER);
    let page = desk.ground.page(&partner.ben, &path).await;
    assert!(page.contains("<dd class=\"\">500</dd>") && !page.contains("A deal"), "{page}");
    assert!(!page.contains("asha@crease.example"), "{page}");
    // What an operator writes for it is the platform's.
    let saved = desk.ground.press(&mut asha, &format!("/console/rewards{to}/write"), &written()).await;
    assert_eq!(saved.status(), StatusCode::SEE_OTHER);
    let page = desk.ground.page(&partner.ben, &path).await;
    assert!(page.contains("the platform") && !page.contains("asha@crease.example"), "{page}");
}

#[tokio::test]
async fn a_form_that_comes_twice_makes_one() {
    let desk = Desk::open().await;
    let mut partner = Partner::of(&desk).await;
    let mut asha = desk.operator().await;
    let (mut cara, other, _) = desk.ground.partner("cara@other.example").await;
    let (campaign, product) = ([("name", "Sixes"), ("whose", "all")], terms());
    for (rest, form) in [("/campaigns/new", &campaign[..]), ("/products/new", &product[..])] {
        let id = hidden(&partner.page(rest).await, "id");
        let (mut form, mut no_id) = (form.to_vec(), form.to_vec());
        form.push(("id", &id));
        no_id.push(("id", "cmp_1"));
        let one = location(&partner.press(rest, &form).await).to_owned();
        assert!(one.contains(&id), "{one}");
        assert_eq!(location(&partner.press(rest, &form).await), one);
        // The same form filled in otherwise makes nothing more, and says so.
        let mut fours = form.clone();
        fours.retain(|it| it.0 != "name");
        fours.push(("name", "Fours"));
        let refused = partner.press(rest, &fours).await;
        assert_eq!(refused.status(), StatusCode::CONFLICT);
        assert!(refused.text().await.unwrap().contains("This form has done something else already."));
        assert_eq!(partner.press(rest, &no_id).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
        // Somebody else's form has another id; who knows this one is told nothing.
        let path = format!("/console/o/{}/rewards{rest}?mode=test", other.id);
        let strange = desk.ground.press(&mut cara, &path, &form).await;
        assert_eq!(strange.status(), StatusCode::CONFLICT, "{rest} {}", location(&strange));
        let house = location(&desk.press_new(&mut asha, rest, &form[..form.len() - 1]).await).to_owned();
        assert!(!house.contains(&id), "{house}");
    }
    let made = ["campaign.make", "campaign.make", "product.make", "product.make"];
    assert_eq!(desk.deeds().await, made);
}

#[tokio::test]
async fn a_partner_takes_codes_in_from_a_file() {
    let desk = Desk::open().await;
    let mut partner = Partner::of(&desk).await;
    let mut form = terms();
    form[1] = ("codes", "imported");
    let made = partner.press_new("/products/new", &form).await;
    let path = format!("/products/{}", id_of(location(&made)));
    let page = partner.page(&path).await;
    assert!(page.contains("enctype=\"multipart/form-data\"") && page.contains("type=\"file\""), "{page}");
    let (key, csrf) = (hidden(&page, "key"), desk.ground.csrf(&partner.ben).await);
    let send = async |csrf: &str, pasted: &str, file: &[u8]| {
        let mut body = Vec::new();
        for (name, value) in [("csrf", csrf), ("key", &key), ("csv", pasted)] {
            let head = format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(head.as_bytes());
        }
        let head = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"codes.csv\"\r\nContent-Type: text/csv\r\n\r\n";
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--x--\r\n");
        let to = format!("{}{}", desk.ground.url, partner.path(&format!("{path}/codes")));
        let request = desk.ground.client.post(to).header(COOKIE, partner.ben.header());
        let request = request.header(ORIGIN, &desk.ground.url);
        let answer = request.header(CONTENT_TYPE, "multipart/form-data; boundary=x").body(body).send().await;
        let answer = answer.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    let (unprocessable, done) = (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::SEE_OTHER);
    for (pasted, file, status, said) in [
        ("", &b"code\nAB-1\nno code\nAB-1\n"[..], unprocessable, "line 3 is no code"),
        ("", b"AB-1,AB-2\n", unprocessable, "line 1 has more than one column"),
        ("", b"AB-\xff\n", unprocessable, "the file is not UTF-8"),
        ("", b"code\n", unprocessable, "there is no code in the file"),
        ("AB-1", b"AB-2", unprocessable, "not both"),
        ("", &vec![b'\n'; 4 * 1024 * 1024 + 1], unprocessable, "more than 4194304 bytes"),
        ("", &vec![b'\n'; 9 * 1024 * 1024], StatusCode::PAYLOAD_TOO_LARGE, "Too long"),
    ] {
        let (answered, page) = send(&csrf, pasted, file).await;
        assert!(answered == status && page.contains(said), "{said}: {answered} {page}");
    }
    assert_eq!(send("wrong", "", b"AB-1").await.0, StatusCode::FORBIDDEN);
    assert!(partner.page(&path).await.contains("<dt>In stock</dt><dd>0</dd>"));
    // Once, however often it comes.
    for _ in 0..2 {
        assert_eq!(send(&csrf, "", b"code\r\nAB-1\r\n\"AB-2\"\r\n").await.0, done);
    }
    let page = partner.page(&path).await;
    assert!(
        page.contains("<dt>In stock</dt><dd>2</dd>") && page.contains("yours: you honour them"),
        "{page}"
    );
    let on_sale = partner.press(&format!("{path}/state"), &[("state", "on-sale")]).await;
    assert_eq!(on_sale.status(), done);
    assert!(partner.page("/products").await.contains(">on sale<"));
}
