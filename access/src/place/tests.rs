//! Fences and decisions on a real PostgreSQL, and tables of addresses that are changed.

use super::fence::{self, Current};
use super::{Error, Fences, Owner, World, decision};
use crate::audit::{self, By};
use crate::tests::Here;
use jiff::{SignedDuration, Timestamp};
use places::testing::table;
use places::{Cell, Claims, Code, Decision, Fence, Point, Position, Reason, Replay, Verdict, decide, replay};
use serde_json::{Value, json};
use std::sync::LazyLock;

static WORLD: LazyLock<World> = LazyLock::new(|| World::new(None).expect("no table is none that is bad"));
const PARTNER: Owner<'static> = Owner::Organisation("org_1");

fn rules(value: Value) -> Fence {
    Fence::read(&value, WORLD.regions()).expect("a fence")
}

fn karnataka() -> Fence {
    rules(json!({"allow": {"places": ["IN-KA"]}}))
}

fn by(at: Timestamp) -> By {
    By::system("test", at)
}

async fn put(here: &Here, owner: Owner<'_>, name: &str, fence: &Fence) -> Result<String, Error> {
    let by = by(here.now);
    here.store().run_tx("test", async |tx| fence::put(tx, owner, name, fence, &by).await).await
}

async fn change(here: &Here, owner: Owner<'_>, at: (&str, u32), fence: &Fence) -> Result<u32, Error> {
    let by = by(here.later(1));
    here.store().run_tx("test", async |tx| fence::change(tx, owner, at, "South", fence, &by).await).await
}

async fn current(here: &Here, fences: &Fences, id: &str) -> Result<Current, Error> {
    here.store().read("test", async |db| fences.current(db, id, WORLD.regions()).await).await
}

#[tokio::test]
async fn a_fence_has_versions_that_stay_and_the_last_is_judged_by() {
    let here = Here::new().await;
    let fences = Fences::default();
    let id = put(&here, PARTNER, "South", &karnataka()).await.unwrap();
    assert_eq!(current(&here, &fences, &id).await.unwrap().version, 1);
    let south = rules(json!({"allow": {"places": ["IN-KA", "IN-TN"]}}));
    assert_eq!(change(&here, PARTNER, (&id, 1), &south).await.unwrap(), 2);
    let now = current(&here, &fences, &id).await.unwrap();
    assert_eq!((now.version, now.fence.version()), (2, south.version()));
    assert_eq!(change(&here, PARTNER, (&id, 2), &south).await.unwrap(), 2, "the same rules");
    let clash = change(&here, PARTNER, (&id, 1), &karnataka()).await.unwrap_err();
    assert!(matches!(clash, Error::Clash { expected: 1, found: 2, .. }), "{clash}");

    let all = here.store().read("test", async |db| fence::versions(db, PARTNER, &id).await).await.unwrap();
    assert_eq!(all.iter().map(|it| it.version).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(all[1].rules["allow"]["places"], json!(["IN-KA"]));
    for sql in [
        "update access.fence_version set made_by = 'x'",
        "delete from access.fence_version",
        "truncate access.fence_version cascade",
    ] {
        let changed = here.store().run_tx("test", async |tx| tx.execute(sql, &[]).await).await;
        assert!(changed.is_err(), "{sql}");
    }
    let log = here.store().read("test", async |db| audit::list(db, "org_1", i64::MAX, &id, 10).await);
    let log = log.await.unwrap();
    assert_eq!(log.iter().map(|it| it.action.as_str()).collect::<Vec<_>>(), ["fence.change", "fence.put"]);
    assert_eq!(log[0].before.as_ref().unwrap()["version"], 1);
}

#[tokio::test]
async fn a_fence_is_its_owners_and_lets_nobody_in_once_it_is_retired() {
    let here = Here::new().await;
    let fences = Fences::default();
    let ours = put(&here, PARTNER, "South", &karnataka()).await.unwrap();
    let houses =
        put(&here, Owner::House, "India", &rules(json!({"allow": {"places": ["IN"]}}))).await.unwrap();
    let list = async |owner: Owner<'_>| {
        let listed = here.store().read("test", async |db| fence::list(db, owner, "", 10).await).await;
        listed.unwrap().into_iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!((list(PARTNER).await, list(Owner::House).await), (vec![ours.clone()], vec![houses.clone()]));
    assert!(list(Owner::Organisation("org_2")).await.is_empty());
    for (owner, id) in [(Owner::Organisation("org_2"), &ours), (Owner::House, &ours), (PARTNER, &houses)] {
        assert!(matches!(change(&here, owner, (id, 1), &karnataka()).await, Err(Error::Unknown { .. })));
        let by = by(here.now);
        let retired = here.store().run_tx("test", async |tx| fence::retire(tx, owner, id, &by).await).await;
        assert!(matches!(retired, Err(Error::Unknown { .. })));
    }
    let by = by(here.later(2));
    for _ in 0..2 {
        here.store().run_tx("test", async |tx| fence::retire(tx, PARTNER, &ours, &by).await).await.unwrap();
    }
    assert!(matches!(current(&here, &fences, &ours).await, Err(Error::Retired { .. })));
    assert!(matches!(change(&here, PARTNER, (&ours, 1), &karnataka()).await, Err(Error::Retired { .. })));
    assert!(matches!(current(&here, &fences, "fen_none").await, Err(Error::Unknown { .. })));
    assert!(list(PARTNER).await.is_empty());
    let last = here.store().read("test", async |db| fence::last(db, &ours).await).await.unwrap();
    assert_eq!(last.unwrap().retired_at, Some(here.later(2)));
    for name in ["", "two\nlines", &"x".repeat(121)] {
        assert!(matches!(put(&here, PARTNER, name, &karnataka()).await, Err(Error::Name { max: 120 })));
    }
}

fn decided(
    fence: &Fence,
    (lat, lon): (f64, f64),
    now: Timestamp,
    before: Option<places::Before>,
) -> Decision {
    let position = Some(Position::new((lat, lon), 30.0, now, now).expect("a position"));
    decide(fence, &Claims { position, before, ..Claims::default() }, WORLD.regions(), now)
}

const BENGALURU: (f64, f64) = (12.971_599, 77.594_566);
const DELHI: (f64, f64) = (28.613_939, 77.209_021);

async fn keep(here: &Here, id: &str, decision: &Decision) {
    let kept = here.store().run_tx("test", async |tx| decision::keep(tx, (id, 1), "fan_1", decision).await);
    kept.await.expect("it is kept");
}

async fn lines(here: &Here, id: &str) -> Vec<decision::Line> {
    let read = here.store().read("test", async |db| decision::of_fence(db, id, i64::MAX, 10).await);
    read.await.expect("lines")
}

#[tokio::test]
async fn a_decision_is_kept_without_a_coordinate_decided_again_and_forgotten() {
    let here = Here::new().await;
    let fence = karnataka();
    let id = put(&here, PARTNER, "Karnataka", &fence).await.unwrap();
    for at in [0, 1, 9, 30] {
        keep(&here, &id, &decided(&fence, BENGALURU, here.later(at), None)).await;
    }
    keep(&here, &id, &decided(&fence, DELHI, here.later(200), None)).await;
    let kept = lines(&here, &id).await;
    let seen: Vec<_> = kept.iter().map(|it| (it.kept.verdict, it.kept.evidence.place())).collect();
    let code = |text| Code::parse(text).ok();
    assert_eq!(
        seen,
        [
            (Verdict::Denied, code("IN-DL")),
            (Verdict::Allowed, code("IN-KA")),
            (Verdict::Allowed, code("IN-KA"))
        ]
    );
    assert!(kept.iter().all(|it| replay(&fence, &it.kept) == Replay::Same));

    let text = "select array_agg(row_to_json(d)::text) as rows from access.place_decision d";
    let rows: Vec<String> =
        here.store().read("test", async |db| db.query_one(text, &[]).await).await.unwrap().get("rows");
    for digits in ["12.97", "77.59", "12971", "77594", "28.61", "fan_1"] {
        assert!(!rows.iter().any(|it| it.contains(digits)), "{rows:?}");
    }

    let kept_for = SignedDuration::from_hours(90 * 24);
    let later = here.now + kept_for + SignedDuration::from_mins(100);
    let forgotten = here
        .store()
        .run_tx("test", async |tx| decision::forget_over(tx, kept_for, later).await)
        .await
        .unwrap();
    assert_eq!((forgotten, lines(&here, &id).await.len()), (2, 1));
    let own = here.store().run_tx("test", async |tx| decision::forget_fan(tx, "fan_1").await).await.unwrap();
    assert_eq!(own, 1);
}

#[tokio::test]
async fn no_column_of_a_decision_can_hold_a_coordinate() {
    let here = Here::new().await;
    let id = put(&here, PARTNER, "Karnataka", &karnataka()).await.unwrap();
    let columns = "
        select column_name::text, data_type::text from information_schema.columns
        where table_schema = 'access' and table_name = 'place_decision' order by ordinal_position";
    let rows = here.store().read("test", async |db| db.query(columns, &[]).await).await.unwrap();
    let kinds: Vec<(String, String)> = rows.iter().map(|it| (it.get(0), it.get(1))).collect();
    for (name, kind) in &kinds {
        let is_narrow = ["bigint", "integer", "text", "ARRAY", "bytea", "timestamp with time zone"];
        assert!(is_narrow.contains(&kind.as_str()), "{name} {kind}");
    }
    // Each text is of a list or a form that no number has; the one number is of a cell.
    const LINE: &str = "
        insert into access.place_decision
            (fence_id, fence_version, at, verdict, reasons, source, near, cell, address, who_sha256)
        values ($1, 1, now(), $2, $3::text::text[], $4, $5::text::text[], $6::text::int, $7, convert_to($8::text, 'UTF8'))";
    let whole =
        ["denied", "{not_here}", "position", "{IN-KA}", "3706911", "IN", "01234567890123456789012345678901"];
    let tried = async |values: [&str; 7]| {
        let [verdict, reasons, source, near, cell, address, who] = values;
        let params: store::Params<'_> = &[&id, &verdict, &reasons, &source, &near, &cell, &address, &who];
        here.store().run_tx("test", async |tx| tx.execute(LINE, params).await).await
    };
    tried(whole).await.expect("a line as they are");
    for (column, value) in [
        (0, "12.971599"),
        (1, "{12.971599}"),
        (1, "{null,a 77}"),
        (2, "77.594566"),
        (3, "{IN-KA,12.971599}"),
        (3, "{12971599}"),
        (3, "{null}"),
        (4, "12971599"),
        (4, "-1"),
        (5, "12.97"),
        (6, "12.971599,77.594566"),
    ] {
        let mut values = whole;
        values[column] = value;
        assert!(tried(values).await.is_err(), "{column} {value}");
    }
    let number = Cell::of(Point::new(BENGALURU.0, BENGALURU.1).unwrap()).number();
    assert_eq!(Cell::of_number(number).map(Cell::number), Some(number));
}

#[tokio::test]
async fn who_jumps_is_doubted_and_not_believed_the_second_time() {
    let here = Here::new().await;
    let fence = karnataka();
    let id = put(&here, PARTNER, "Karnataka", &fence).await.unwrap();
    let before = async |minutes| {
        let now = here.later(minutes);
        here.store().read("test", async |db| decision::before(db, "fan_1", now).await).await.unwrap()
    };
    assert_eq!(before(0).await, None);
    keep(&here, &id, &decided(&fence, DELHI, here.now, None)).await;
    for minutes in [5, 20] {
        let jumped = decided(&fence, BENGALURU, here.later(minutes), before(minutes).await);
        assert_eq!(jumped.verdict, Verdict::Unsure);
        assert!(matches!(jumped.reasons[..], [Reason::Jumped { .. }]), "{:?}", jumped.reasons);
        keep(&here, &id, &jumped).await;
    }
    let landed = decided(&fence, BENGALURU, here.later(180), before(180).await);
    assert_eq!(landed.verdict, Verdict::Allowed);
    assert_eq!(before(25 * 60).await, None, "yesterday says nothing");
}

#[test]
fn a_table_of_addresses_is_read_again_once_its_file_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("country.mmdb");
    let missing = World::new(Some(&path)).unwrap_err().to_string();
    assert!(missing.contains("country.mmdb"), "{missing}");
    std::fs::write(&path, table(&[("49.36.0.0/16", json!({"country_code": "IN"}))])).unwrap();
    let world = World::new(Some(&path)).unwrap();
    let country = |address: [u8; 4]| world.locate(address.into()).country.map(|it| it.to_string());
    assert_eq!(country([49, 36, 1, 2]).as_deref(), Some("IN"));
    assert_eq!(country([202, 5, 1, 2]), None);
    assert!(!world.reload().unwrap(), "nothing has changed");
    let more =
        [("49.36.0.0/16", json!({"country_code": "IN"})), ("202.5.0.0/16", json!({"country_code": "LK"}))];
    std::fs::write(&path, table(&more)).unwrap();
    assert!(world.reload().unwrap());
    assert_eq!(country([202, 5, 1, 2]).as_deref(), Some("LK"));
    std::fs::write(&path, b"half a file").unwrap();
    assert!(world.reload().is_err());
    assert_eq!(country([202, 5, 1, 2]).as_deref(), Some("LK"), "the one that was good is kept");
}
