//! How a board is read when there are many on it.

use super::*;
use crate::score::Scope;
use rewards::Books;
use store::testing::TestStore;

const FANS: i32 = 20_000;

/// A board with so many fans, of whom a hundred at a time are level.
async fn crowded() -> TestStore {
    let all =
        [jobs::MIGRATIONS, access::MIGRATIONS, wallet::MIGRATIONS, rewards::MIGRATIONS, crate::MIGRATIONS];
    let test = TestStore::new(&all).await;
    let fill = format!(
        "insert into quizzes.board (books, kind, name) values ('live', 'series', 'cup');
        insert into quizzes.score (board, fan_id, points, answered, is_right, is_ranked)
            select 1, 'fan_' || to_char(n, 'FM000000'), n / 100 * 10, 9, 1, true from generate_series(0, {FANS} - 1) as n;
        insert into quizzes.level (board, points, fans)
            select 1, points, count(*) from quizzes.score group by points;
        analyze quizzes.score; analyze quizzes.level"
    );
    test.store().run_tx("test", async |tx| tx.batch(&fill).await).await.unwrap();
    test
}

#[tokio::test]
async fn a_page_and_a_fans_own_place_are_read_along_an_index() {
    let test = crowded().await;
    for sql in [TOP, ABOVE] {
        let explain: &'static str = format!("explain {sql}").leak();
        let params: store::Params<'_> = &[&1_i64, &-10_000, &"fan_010050", &10_i64];
        let plan = test.store().read("test", async |db| db.query(explain, params).await).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(
            plan.contains("score_ranked") && !plan.contains("Seq Scan") && !plan.contains("Sort"),
            "{plan}"
        );
    }
    let board = Board { books: Books::Live, scope: Scope::Series("cup".into()) };
    let read = async |fan: &str| {
        test.store().read("test", async |db| around(db, &board, fan, 2).await).await.unwrap().unwrap()
    };
    let it = read("fan_010000").await;
    // Ninety-nine hundreds are better; one hundred is level.
    assert_eq!((it.own.rank, it.own.points, it.ranked), (Some(9_901), 1_000, i64::from(FANS)));
    let above: Vec<_> = it.above.iter().map(|it| (it.fan_id.as_str(), it.rank)).collect();
    assert_eq!(above, [("fan_010198", Some(9_801)), ("fan_010199", Some(9_801))]);
    let below: Vec<_> = it.below.iter().map(|it| (it.fan_id.as_str(), it.rank)).collect();
    assert_eq!(below, [("fan_010001", Some(9_901)), ("fan_010002", Some(9_901))]);
    assert_eq!(read("fan_019999").await.own.rank, Some(1));
    assert_eq!(read("fan_000000").await.own.rank, Some(i64::from(FANS) - 99));
}
