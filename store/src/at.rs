//! A moment, as PostgreSQL keeps it.

use jiff::{SignedDuration, Timestamp};
use std::error::Error;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

/// A [`Timestamp`] as the parameter or column of a `timestamptz`: `&At(now)`, `row.get::<_, At>("made_at").0`. To a microsecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At(pub Timestamp);

/// 2000-01-01T00:00:00Z, from which PostgreSQL counts, in microseconds since 1970.
const EPOCH_US: i64 = 946_684_800_000_000;

impl At {
    /// So much later.
    pub fn after(at: Timestamp, by: SignedDuration) -> At {
        At(at.saturating_add(by).unwrap_or(Timestamp::MAX))
    }
}

impl ToSql for At {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        (self.0.as_microsecond() - EPOCH_US).to_sql(kind, out)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for At {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        // Infinity is at the ends of the range, and no moment.
        let micros = i64::from_sql(kind, raw)?.checked_add(EPOCH_US).ok_or("not a moment")?;
        Ok(At(Timestamp::from_microsecond(micros)?))
    }

    accepts!(TIMESTAMPTZ);
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::testing::TestStore;

    #[tokio::test]
    async fn moments_come_back_as_they_were_and_compare_with_the_databases_own() {
        let test = TestStore::new(&[]).await;
        for text in ["2026-11-29T10:20:30.123456Z", "1969-12-31T23:59:59Z", "1999-12-31T23:59:59.999999Z"] {
            let at = At(text.parse().unwrap());
            let sql = "select $1::timestamptz as at, $1::timestamptz = $2::text::timestamptz as same, null::timestamptz as none";
            let row =
                test.store().read("test", async |db| db.query_one(sql, &[&at, &text]).await).await.unwrap();
            assert_eq!((row.get::<_, At>("at"), row.get("same")), (at, true), "{text}");
            assert_eq!(row.get::<_, Option<At>>("none"), None);
        }
        let sql = "select 'infinity'::timestamptz as at";
        let row = test.store().read("test", async |db| db.query_one(sql, &[]).await).await.unwrap();
        assert!(row.try_get::<_, At>("at").is_err());
    }
}
