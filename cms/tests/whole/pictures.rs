//! Pictures in what is published.

use crate::scene::{Scene, article, language, with};
use bytes::Bytes;
use cms::Error;
use cms::media::{self, Asset, Description, Focus, Media, Place, Shelf, Uploaded};
use cms::publish::{self, Cascade};
use image::{DynamicImage, ImageFormat, RgbImage};
use serde_json::json;
use std::io::Cursor;

async fn upload(scene: &Scene, media: &Media, shade: u8) -> Asset {
    let picture = DynamicImage::from(RgbImage::from_pixel(24, 16, image::Rgb([shade, 90, 60])));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    let by = scene.asha().by;
    match media.upload(Bytes::from(bytes.into_inner()), "six.png", &by).await.unwrap() {
        Uploaded::Now(asset) => asset,
        other => panic!("{other:?}"),
    }
}

fn described(alt: &str) -> Description {
    Description { alt: alt.to_owned(), caption: String::new(), credit: String::new(), focus: Focus::MIDDLE }
}

#[tokio::test]
async fn a_picture_is_there_and_described_before_fans_see_it_and_stays_as_long_as_they_do() {
    let scene = Scene::new().await;
    let by = scene.asha().by;
    let shelf = Shelf::open(&Place::Rows, scene.store()).unwrap();
    let media = Media::new(scene.store().clone(), shelf, scene.clock.clone());
    let (head, inside) = (upload(&scene, &media, 10).await, upload(&scene, &media, 200).await);
    // In a field, and in the middle of a text.
    let image = json!({ "type": "image", "attrs": { "media": inside.id, "alt": "", "caption": "" } });
    let body = with(article("One"), "picture", json!(head.id));
    let body = with(body, "body", json!({ "type": "doc", "content": [image] }));
    let id = scene.entry("article", &body).await;
    let publish = async || scene.publish_as(&scene.asha(), (&id, "en"), Cascade::Refuse).await;
    let Err(Error::Unfit { problems, .. }) = publish().await else { panic!("it is refused") };
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all.iter().all(|it| it.contains("nobody has described")), "{all:?}");
    assert!(all.iter().any(|it| it.starts_with("/picture ")), "{all:?}");
    let head = media.describe(&head.id, head.version, &described("A six over long-on"), &by).await.unwrap();
    let Err(Error::Unfit { problems, .. }) = publish().await else { panic!("it is refused") };
    assert_eq!(problems.len(), 1, "{problems:?}");
    let inside = media.describe(&inside.id, inside.version, &described("The crowd"), &by).await.unwrap();
    publish().await.unwrap();

    // What fans see is neither thrown away nor left without words.
    let used = |it: Result<(), media::Error>| matches!(it, Err(media::Error::Used { .. }));
    assert!(used(media.trash(&head.id, head.version, &by).await));
    assert!(used(media.describe(&inside.id, inside.version, &described(" "), &by).await.map(drop)));
    let english = language("en");
    let asha = scene.asha();
    scene.tx(async |tx| publish::unpublish(tx, &asha, (&id, &english), Cascade::Refuse).await).await.unwrap();
    media.trash(&head.id, head.version, &by).await.unwrap();
    let Err(Error::Unfit { problems, .. }) = publish().await else { panic!("it is refused") };
    assert_eq!(problems[0].to_string(), "/picture is no picture of the library, or is in its trash");
}

#[tokio::test]
async fn a_text_that_is_none_is_not_even_a_draft() {
    let scene = Scene::new().await;
    let script = json!({ "type": "doc", "content": [{ "type": "script", "content": [] }] });
    let refused = scene.entry_as(&scene.asha(), "article", None, &with(article("One"), "body", script)).await;
    let Err(Error::Invalid { problems }) = refused else { panic!("it is refused: {refused:?}") };
    assert!(problems.iter().any(|it| it.path.starts_with("/body/content/0")), "{problems:?}");
    let link = json!({ "type": "text", "text": "here", "marks": [
        { "type": "link", "attrs": { "href": "javascript:alert(1)" } }
    ] });
    let doc = json!({ "type": "doc", "content": [{ "type": "paragraph", "content": [link] }] });
    let refused = scene.entry_as(&scene.asha(), "article", None, &with(article("One"), "body", doc)).await;
    assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
}
