//! Pictures of every kind, good and bad, by way of a real database.

mod files;
mod places;

use super::*;
use access::audit::By;
use bytes::Bytes;
use files::*;
use image::{DynamicImage, GenericImageView, ImageFormat};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;
use store::Clock;
use store::testing::TestStore;

pub(super) struct Desk {
    pub(super) test: TestStore,
    pub(super) media: Media,
    pub(super) clock: Clock,
}

impl Desk {
    pub(super) async fn at(place: &Place) -> Desk {
        let test = TestStore::new(&[jobs::MIGRATIONS, access::MIGRATIONS, crate::MIGRATIONS]).await;
        let clock = Clock::manual("2026-11-30T12:00:00Z".parse::<Timestamp>().unwrap());
        let shelf = Shelf::open(place, test.store()).unwrap();
        let media = Media::new(test.store().clone(), shelf, clock.clone());
        Desk { test, media, clock }
    }

    async fn new() -> Desk {
        Desk::at(&Place::Rows).await
    }

    pub(super) fn by(&self) -> By {
        By::system("test", self.clock.now())
    }

    pub(super) async fn upload(&self, bytes: &[u8]) -> Result<Uploaded, Error> {
        self.media.upload(Bytes::copy_from_slice(bytes), "six.jpg", &self.by()).await
    }

    /// A picture that is new.
    pub(super) async fn asset(&self, bytes: &[u8]) -> Asset {
        match self.upload(bytes).await {
            Ok(Uploaded::Now(asset)) => asset,
            other => panic!("{other:?}"),
        }
    }

    async fn refused(&self, bytes: &[u8]) -> Refused {
        match self.upload(bytes).await {
            Err(Error::Refused(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    /// What is kept of an asset, by shape and format.
    async fn kept(&self, asset: &Asset) -> Vec<(AssetFile, Bytes)> {
        let mut kept = Vec::new();
        for file in &asset.files {
            let bytes = self.media.shelf().take(&file.name).await.unwrap().expect("a file is on the shelf");
            assert_eq!(bytes.len(), file.bytes as usize);
            kept.push((file.clone(), bytes));
        }
        kept
    }

    async fn one(&self, asset: &Asset, shape: Shape, format: Format) -> DynamicImage {
        let kept = self.kept(asset).await;
        let last = kept.iter().rfind(|it| it.0.shape == shape && it.0.format == format);
        let (file, bytes) = last.expect("a file of that shape and format");
        let pixels = image::load_from_memory(bytes).unwrap();
        assert_eq!(pixels.dimensions(), (file.width, file.height));
        pixels
    }

    pub(super) async fn count(&self, sql: &'static str) -> i64 {
        let row = self.test.store().read("test", async |client| client.query_one(sql, &[]).await).await;
        row.unwrap().get(0)
    }

    async fn passes(&self, days: u64) {
        self.clock.advance(Duration::from_secs(days * 86_400));
    }
}

fn described(alt: &str, focus: (u16, u16)) -> Description {
    Description {
        alt: alt.to_owned(),
        caption: String::new(),
        credit: "BCCI".to_owned(),
        focus: Focus { x: focus.0, y: focus.1 },
    }
}

/// Whether two colours look alike, as they do after a lossy format.
fn is_near(pixels: &DynamicImage, (x, y): (u32, u32), colour: [u8; 3]) -> bool {
    let pixel = pixels.get_pixel(x, y).0;
    pixel.iter().zip(colour).all(|(is, is_to_be)| is.abs_diff(is_to_be) < 24)
}

#[tokio::test]
async fn a_photo_is_kept_in_sizes_that_browsers_choose_from() {
    let desk = Desk::new().await;
    let asset = desk.asset(&jpeg(&halves(1300, 650))).await;
    assert_eq!((asset.width, asset.height, asset.given), (1300, 650, Given::Jpeg));
    let mut sizes: Vec<(Shape, u32, u32)> = asset
        .files
        .iter()
        .filter(|it| it.format == Format::Webp)
        .map(|it| (it.shape, it.width, it.height))
        .collect();
    sizes.sort_unstable();
    assert_eq!(
        sizes,
        [
            (Shape::Whole, 320, 160),
            (Shape::Whole, 640, 320),
            (Shape::Whole, 1280, 640),
            (Shape::Square, 320, 320),
            (Shape::Square, 640, 640),
            (Shape::Wide, 320, 180),
            (Shape::Wide, 640, 360),
            (Shape::Wide, 1155, 650),
        ]
    );
    let others = asset.files.iter().filter(|it| it.format == Format::Jpeg).count();
    assert_eq!(others, sizes.len() + 1, "each as JPEG too, and what others are made of");
    let whole = desk.one(&asset, Shape::Whole, Format::Webp).await;
    assert!(is_near(&whole, (10, 10), RED) && is_near(&whole, (1270, 10), BLUE));
    // Most of it is red or blue, as there is as much of both.
    assert!(
        ["#fe0000", "#0000fe", "#ff0000", "#0000ff"].contains(&asset.colour_css().as_str()),
        "{}",
        asset.colour_css()
    );

    let picture = asset.picture(Shape::Whole, |name| format!("/media/{name}")).unwrap();
    assert_eq!((picture.fallback.width, picture.webp.len(), picture.fallbacks.len()), (1280, 3, 3));
    assert!(picture.fallback.url.starts_with("/media/med_") && picture.fallback.url.ends_with(".jpg"));
}

#[tokio::test]
async fn nothing_that_a_camera_tells_of_its_owner_is_kept_and_the_picture_is_upright() {
    let desk = Desk::new().await;
    // Held on its side: what is on the left of the file is on top.
    let file = jpeg_with_exif(&halves(64, 32), &exif(6));
    assert!(has(&file, SECRET), "the file tells where it was taken");
    let asset = desk.asset(&file).await;
    assert_eq!((asset.width, asset.height), (32, 64));
    for (file, bytes) in desk.kept(&asset).await {
        assert!(!has(&bytes, SECRET) && !has(&bytes, b"Exif") && !has(&bytes, b"EXIF"), "{}", file.name);
    }
    let upright = desk.one(&asset, Shape::Whole, Format::Jpeg).await;
    assert!(is_near(&upright, (16, 4), RED) && is_near(&upright, (16, 60), BLUE));
}

#[tokio::test]
async fn what_hides_behind_a_picture_is_not_in_what_is_kept() {
    let desk = Desk::new().await;
    let picture = halves(40, 20);
    let script = b"*/=1;alert(document.cookie)//<script>alert(1)</script>";
    let mut gif = encoded(&picture, ImageFormat::Gif);
    gif.extend_from_slice(script);
    let mut png = encoded(&picture, ImageFormat::Png);
    png.extend_from_slice(b"PK\x03\x04");
    png.extend_from_slice(script);
    let mut commented = jpeg(&picture);
    let comment: Vec<u8> = [&b"\xff\xfe\0\x38"[..], script].concat();
    commented.splice(2..2, comment);
    let texted =
        png_with_chunk(&encoded(&picture, ImageFormat::Png), b"tEXt", &[b"Comment\0", &script[..]].concat());
    for file in [gif, png, commented, texted] {
        assert!(has(&file, b"alert(1)"));
        let asset = desk.asset(&file).await;
        for (file, bytes) in desk.kept(&asset).await {
            assert!(!has(&bytes, b"alert") && !has(&bytes, b"PK\x03\x04"), "{}", file.name);
        }
    }
}

#[tokio::test]
async fn a_file_is_what_its_bytes_are_whatever_it_is_called() {
    let desk = Desk::new().await;
    let bytes = Bytes::from(encoded(&halves(8, 8), ImageFormat::Png));
    let uploaded = desk.media.upload(bytes, "C:\\photos\\..\\evil\u{202e}gpj.svg", &desk.by()).await.unwrap();
    assert_eq!(uploaded.asset().given, Given::Png);
    assert_eq!(uploaded.asset().name, "evilgpj.svg");
    assert!(uploaded.asset().files.iter().all(|it| !it.name.contains("svg")));
}

#[tokio::test]
async fn what_can_be_seen_through_stays_so_and_what_cannot_does_not() {
    let desk = Desk::new().await;
    let asset = desk.asset(&encoded(&see_through(60, 60), ImageFormat::Png)).await;
    let png = desk.one(&asset, Shape::Whole, Format::Png).await;
    assert_eq!(png.get_pixel(30, 30).0[3], 0);
    let webp = desk.one(&asset, Shape::Whole, Format::Webp).await;
    assert!(webp.color().has_alpha() && webp.get_pixel(30, 30).0[3] == 0);
    let solid = DynamicImage::ImageRgba8(halves(60, 60).into_rgba8());
    let asset = desk.asset(&encoded(&solid, ImageFormat::Png)).await;
    assert!(asset.files.iter().all(|it| it.format != Format::Png));
}

#[tokio::test]
async fn sixteen_bits_grey_and_ink_are_colours_like_others() {
    let desk = Desk::new().await;
    let deep = DynamicImage::ImageRgb16(halves(20, 20).into_rgb16());
    let asset = desk.asset(&encoded(&deep, ImageFormat::Png)).await;
    assert!(is_near(&desk.one(&asset, Shape::Whole, Format::Webp).await, (2, 2), RED));
    let grey = DynamicImage::ImageLuma8(halves(20, 20).into_luma8());
    desk.asset(&jpeg(&grey)).await;
    let asset = desk.asset(&jpeg_of_ink()).await;
    assert_eq!((asset.width, asset.height), (16, 16));
    let ink = desk.one(&asset, Shape::Whole, Format::Jpeg).await;
    let [red, green, blue, _] = ink.get_pixel(8, 8).0;
    assert!(red > 200 && green < 80 && blue < 80, "{red} {green} {blue}");
}

#[tokio::test]
async fn colours_of_a_wide_screen_are_those_of_a_page() {
    let desk = Desk::new().await;
    let asset = desk.asset(&png_of_display_p3(200, 80, 80)).await;
    let [red, green, blue, _] = desk.one(&asset, Shape::Whole, Format::Jpeg).await.get_pixel(4, 4).0;
    // Display P3's (200, 80, 80) is about (217, 73, 76) in sRGB.
    assert!(red > 208 && green < 84 && blue < 84, "{red} {green} {blue}");
}

#[tokio::test]
async fn what_is_no_picture_is_refused_with_a_word_that_helps() {
    let desk = Desk::new().await;
    let svg =
        br#"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    assert_eq!(desk.refused(svg).await, Refused::Drawing);
    assert_eq!(desk.refused(b"\xef\xbb\xbf  <SVG onload=alert(1)>").await, Refused::Drawing);
    let kinds: [(&[u8], &str); 6] = [
        (b"<!doctype html><script>alert(1)</script>", "a page"),
        (b"%PDF-1.7", "a PDF"),
        (b"PK\x03\x04", "an archive"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "an HEIC of a phone"),
        (b"II*\0\x08\0\0\0", "a TIFF"),
        (b"", "something else"),
    ];
    for (bytes, expected) in kinds {
        assert_eq!(desk.refused(bytes).await, Refused::Kind { what: expected });
    }
    assert_eq!(desk.refused(&moving_gif()).await, Refused::Moving);
    let whole = jpeg(&halves(200, 200));
    for file in [
        whole[..whole.len() / 2].to_vec(),
        encoded(&halves(200, 200), ImageFormat::Png)[..100].to_vec(),
        b"\x89PNG\r\n\x1a\n".to_vec(),
        b"\xff\xd8\xff\xe0".to_vec(),
        b"GIF89a".to_vec(),
        b"RIFF\x10\0\0\0WEBPVP8 ".to_vec(),
    ] {
        let why = desk.refused(&file).await;
        assert!(matches!(why, Refused::Broken { .. }), "{why:?}");
    }
    let long = desk.refused(&vec![0xff; BYTES_MAX + 1]).await;
    assert_eq!(long, Refused::Bytes { bytes: BYTES_MAX + 1, max: BYTES_MAX });
    assert_eq!(desk.count("select count(*) from cms.media").await, 0);
}

#[tokio::test]
async fn a_small_file_that_would_be_a_huge_picture_is_refused_before_it_is_decoded() {
    let desk = Desk::new().await;
    let large = Refused::Large { megapixels_max: 40, side_max: SIDE_MAX };
    for (width, height) in [(60_000, 60_000), (SIDE_MAX + 1, 1), (8_000, 6_000), (u32::MAX >> 1, 1), (0, 10)]
    {
        let why = desk.refused(&png_header(width, height, Depth::Eight)).await;
        let is_refused = why == large || matches!(why, Refused::Heavy | Refused::Broken { .. });
        assert!(is_refused, "{width} × {height}: {why:?}");
    }
    // Few enough pixels, of eight bytes each.
    assert_eq!(desk.refused(&png_header(6_200, 6_200, Depth::Sixteen)).await, Refused::Heavy);
    assert_eq!(desk.refused(&gif_header(60_000, 60_000)).await, large);
}

#[tokio::test]
async fn the_same_bytes_are_the_same_picture_also_out_of_the_trash() {
    let desk = Desk::new().await;
    let file = jpeg(&halves(30, 30));
    let first = desk.asset(&file).await;
    let again = desk.upload(&file).await.unwrap();
    assert_eq!(again, Uploaded::Before(first.clone()));
    desk.media.trash(&first.id, first.version, &desk.by()).await.unwrap();
    let Uploaded::Before(back) = desk.upload(&file).await.unwrap() else { panic!("it was there") };
    assert_eq!((back.id.as_str(), back.trashed_at), (first.id.as_str(), None));
    let deeds = "select count(*) from access.audit where object like 'med%'";
    assert_eq!(desk.count(deeds).await, 3, "uploaded, thrown away, taken back");
}

#[tokio::test]
async fn ten_who_upload_the_same_at_once_have_one_picture() {
    let desk = Desk::new().await;
    let file = jpeg(&halves(64, 64));
    let all = futures_util::future::join_all((0..10).map(|_| desk.upload(&file))).await;
    let now = all.iter().filter(|it| matches!(it, Ok(Uploaded::Now(_)))).count();
    let ids: BTreeSet<&str> = all.iter().map(|it| it.as_ref().unwrap().asset().id.as_str()).collect();
    assert_eq!((now, ids.len()), (1, 1));
    assert_eq!(desk.count("select count(*) from cms.media").await, 1);
}

#[tokio::test]
async fn crops_follow_what_matters_and_those_before_stay_for_pages_that_are_open() {
    let desk = Desk::new().await;
    let asset = desk.asset(&jpeg(&halves(200, 100))).await;
    let square = desk.one(&asset, Shape::Square, Format::Jpeg).await;
    assert!(is_near(&square, (5, 50), RED) && is_near(&square, (95, 50), BLUE), "the middle of both");
    let left = described("A six over long on", (0, 500));
    let after = desk.media.describe(&asset.id, 1, &left, &desk.by()).await.unwrap();
    assert_eq!((after.version, after.description.alt.as_str()), (2, "A six over long on"));
    let square = desk.one(&after, Shape::Square, Format::Jpeg).await;
    assert!(is_near(&square, (5, 50), RED) && is_near(&square, (95, 50), RED));
    assert_eq!(after.files.len(), asset.files.len());
    // Those of before can be had still, and go when nobody can have them open any more.
    desk.kept(&asset).await;
    assert_eq!(desk.media.sweep().await.unwrap(), Swept::default());
    desk.passes(GRACE_DAYS as u64 + 1).await;
    let swept = desk.media.sweep().await.unwrap();
    assert_eq!(swept, Swept { pictures: 0, files: 4 });
    desk.kept(&after).await;
    let old = asset.files.iter().find(|it| it.shape == Shape::Square).unwrap();
    assert_eq!(desk.media.shelf().take(&old.name).await.unwrap(), None);
    // Back to where it was: under other names than those that are gone.
    let back = desk.media.describe(&asset.id, 2, &described("x", (500, 500)), &desk.by()).await.unwrap();
    desk.kept(&back).await;
}

#[tokio::test]
async fn what_is_served_is_what_is_shown_and_not_what_others_are_made_of() {
    let desk = Desk::new().await;
    let asset = desk.asset(&jpeg(&halves(20, 20))).await;
    let served = async |name: &str| {
        desk.test.store().read("test", async |client| super::served(client, name).await).await.unwrap()
    };
    for file in &asset.files {
        let expected = Some(file.clone()).filter(|it| it.shape != Shape::Master);
        assert_eq!(served(&file.name).await, expected);
    }
    assert_eq!(served("med_0/1-0.jpg").await, None);
}

#[tokio::test]
async fn who_describes_what_others_have_changed_is_told() {
    let desk = Desk::new().await;
    let asset = desk.asset(&jpeg(&halves(20, 20))).await;
    desk.media.describe(&asset.id, 1, &described("one", (500, 500)), &desk.by()).await.unwrap();
    let stale = desk.media.describe(&asset.id, 1, &described("two", (0, 0)), &desk.by()).await;
    assert!(matches!(stale, Err(Error::Stale { version: 2, .. })), "{stale:?}");
    assert!(matches!(desk.media.trash(&asset.id, 1, &desk.by()).await, Err(Error::Stale { .. })));
    let long = described(&"x".repeat(ALT_MAX + 1), (500, 500));
    let long = desk.media.describe(&asset.id, 2, &long, &desk.by()).await;
    assert!(matches!(long, Err(Error::Text { max: ALT_MAX, .. })), "{long:?}");
    let outside = desk.media.describe(&asset.id, 2, &described("x", (1_001, 0)), &desk.by()).await;
    assert!(matches!(outside, Err(Error::Outside { x: 1_001, y: 0 })), "{outside:?}");
    let unknown = desk.media.describe("med_0", 1, &described("x", (0, 0)), &desk.by()).await;
    assert!(matches!(unknown, Err(Error::Unknown { .. })), "{unknown:?}");
}

#[tokio::test]
async fn what_is_shown_is_not_thrown_away_and_what_is_not_described_is_not_published() {
    let desk = Desk::new().await;
    let asset = desk.asset(&jpeg(&halves(20, 20))).await;
    let ids = |ids: &[&str]| ids.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<String>>();
    let wanted = ids(&[&asset.id, "med_gone"]);
    let unfit = async |ids: &BTreeSet<String>| {
        desk.test.store().run_tx("test", async |tx| uses::unfit(tx, ids).await).await.unwrap()
    };
    let why: Vec<uses::Why> = unfit(&wanted).await.into_iter().map(|it| it.why).collect();
    assert_eq!(why, [uses::Why::Undescribed, uses::Why::Gone]);
    desk.media.describe(&asset.id, 1, &described("A bat", (500, 500)), &desk.by()).await.unwrap();
    assert_eq!(unfit(&ids(&[&asset.id])).await, []);

    let set = async |wanted: &BTreeSet<String>| {
        desk.test.store().run_tx("test", async |tx| uses::set(tx, "ent_1/en", wanted).await).await.unwrap()
    };
    assert_eq!(set(&wanted).await, ["med_gone"]);
    let used = desk.media.trash(&asset.id, 2, &desk.by()).await;
    assert!(matches!(&used, Err(Error::Used { by, .. }) if by == &["ent_1/en"]), "{used:?}");
    assert_eq!(set(&BTreeSet::new()).await, [""; 0]);
    desk.media.trash(&asset.id, 2, &desk.by()).await.unwrap();
    assert_eq!(set(&wanted).await.len(), 2, "what is in the trash is gone for who would show it");
}

#[tokio::test]
async fn the_trash_is_emptied_after_a_month_and_not_before() {
    let desk = Desk::new().await;
    let asset = desk.asset(&jpeg(&halves(20, 20))).await;
    desk.media.trash(&asset.id, 1, &desk.by()).await.unwrap();
    desk.passes(GRACE_DAYS as u64 - 1).await;
    assert_eq!(desk.media.sweep().await.unwrap(), Swept::default());
    desk.media.restore(&asset.id, 2, &desk.by()).await.unwrap();
    desk.passes(3).await;
    assert_eq!(desk.media.sweep().await.unwrap(), Swept::default());
    desk.media.trash(&asset.id, 3, &desk.by()).await.unwrap();
    desk.passes(GRACE_DAYS as u64 + 1).await;
    // By way of a worker, as it is done.
    let worker = desk.media.on(jobs::Worker::new(desk.test.store().clone(), "test"));
    let end = jobs::testing::perform(&worker, &Sweep {}).await.unwrap();
    assert_eq!(end, jobs::testing::End::Done);
    for table in [
        "select count(*) from cms.media",
        "select count(*) from cms.media_file",
        "select count(*) from cms.media_blob",
    ] {
        assert_eq!(desk.count(table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_what_the_sweep_takes_or_is_taken_up_again() {
    let desk = Desk::new().await;
    let run = async |sql: &'static str| {
        let done = desk.test.store().run_tx("test", async |tx| tx.batch(sql).await).await;
        done.unwrap();
    };
    let file = jpeg(&halves(400, 400));
    let break_off = "alter table cms.media_blob add constraint small check (length(bytes) < 1600) not valid";
    run(break_off).await;
    assert!(matches!(desk.upload(&file).await, Err(Error::Store(_))));
    let kept = desk.count("select count(*) from cms.media_blob").await;
    assert!(kept > 0, "some files are there, and no picture");
    let nothing = Listing { words: "", place: Where::Library, which: Which::All, before: None, limit: 10 };
    let listed = async || {
        desk.test.store().read("test", async |client| list(client, &nothing).await).await.unwrap().len()
    };
    assert_eq!(listed().await, 0);
    // Taken up again within the hour, it is whole.
    run("alter table cms.media_blob drop constraint small").await;
    let asset = desk.asset(&file).await;
    desk.kept(&asset).await;
    assert_eq!((desk.count("select count(*) from cms.media").await, listed().await), (1, 1));
    // Left alone it is gone after it.
    run(break_off).await;
    assert!(desk.upload(&jpeg(&halves(402, 402))).await.is_err());
    run("alter table cms.media_blob drop constraint small").await;
    assert_eq!(desk.media.sweep().await.unwrap(), Swept::default());
    desk.clock.advance(Duration::from_secs(3_601));
    assert_eq!(desk.media.sweep().await.unwrap(), Swept { pictures: 1, files: 0 });
    let files = desk.count("select count(*) from cms.media_blob").await;
    assert_eq!(files, asset.files.len() as i64);
}

#[tokio::test]
async fn pictures_are_listed_page_by_page_and_found_by_their_words() {
    let desk = Desk::new().await;
    let mut ids = Vec::new();
    for size in [10, 11, 12] {
        let asset = desk.asset(&jpeg(&halves(size, size))).await;
        let alt = format!("Kohli number {size}");
        desk.media.describe(&asset.id, 1, &described(&alt, (500, 500)), &desk.by()).await.unwrap();
        ids.insert(0, asset.id);
    }
    let listed = async |listing: Listing<'_>| -> Vec<String> {
        let found = desk.test.store().read("test", async |client| list(client, &listing).await).await;
        found.unwrap().into_iter().map(|it| it.id).collect()
    };
    let all = Listing { words: "", place: Where::Library, which: Which::All, before: None, limit: 2 };
    assert_eq!(listed(all).await, ids[..2]);
    assert_eq!(listed(Listing { before: Some(&ids[1]), ..all }).await, ids[2..]);
    assert_eq!(listed(Listing { words: "kohl 11", ..all }).await, ids[1..2]);
    assert_eq!(listed(Listing { words: "dhoni", ..all }).await, [""; 0]);
    // By what is to be done about them.
    let (unused, undescribed) = (Which::Unused, Which::Undescribed);
    let bare = desk.asset(&jpeg(&halves(13, 13))).await.id;
    let used = BTreeSet::from([ids[1].clone()]);
    desk.test.store().run_tx("test", async |tx| uses::set(tx, "ent_1/en", &used).await).await.unwrap();
    assert_eq!(listed(Listing { which: undescribed, ..all }).await, [bare.as_str()]);
    let limit = 10;
    let expected = [bare.as_str(), &ids[0], &ids[2]];
    assert_eq!(listed(Listing { which: unused, limit, ..all }).await, expected);
    assert_eq!(listed(Listing { which: unused, words: "kohli", limit, ..all }).await, expected[1..]);
    assert_eq!(listed(Listing { which: undescribed, words: "kohli", ..all }).await, [""; 0]);
    desk.media.trash(&ids[0], 2, &desk.by()).await.unwrap();
    assert_eq!(listed(Listing { place: Where::Trash, ..all }).await, ids[..1]);
    assert_eq!(listed(Listing { limit, ..all }).await, [bare.as_str(), &ids[1], &ids[2]]);
}
