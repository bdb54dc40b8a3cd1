//! Where files are kept: each place does the same.

use super::*;
use crate::media::Keys;
use object_store::memory::InMemory;
use object_store::path::Path;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

async fn keeps_and_forgets(shelf: &Shelf) {
    let bytes = Bytes::from_static(b"\xff\xd8 a picture");
    assert_eq!(shelf.take("med_1/1-a.jpg").await.unwrap(), None);
    shelf.put("med_1/1-a.jpg", bytes.clone()).await.unwrap();
    shelf.put("med_1/1-a.jpg", bytes.clone()).await.unwrap();
    assert_eq!(shelf.take("med_1/1-a.jpg").await.unwrap(), Some(bytes));
    shelf.delete("med_1/1-a.jpg").await.unwrap();
    shelf.delete("med_1/1-a.jpg").await.unwrap();
    assert_eq!(shelf.take("med_1/1-a.jpg").await.unwrap(), None);
}

#[tokio::test]
async fn rows_a_folder_memory_and_a_bucket_keep_files_alike() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::at(&Place::Folder(folder.path().join("made/for/it"))).await;
    keeps_and_forgets(desk.media.shelf()).await;
    keeps_and_forgets(&Shelf::open(&Place::Rows, desk.test.store()).unwrap()).await;
    keeps_and_forgets(&Shelf::of(Arc::new(InMemory::new()), Path::from("pictures"))).await;

    let bucket = FakeBucket::start().await;
    let place = Place::Bucket(Bucket {
        name: "club".to_owned(),
        region: "ap-south-1".to_owned(),
        endpoint: Some(format!("http://{}/", bucket.address)),
        folder: "/pictures/".to_owned(),
        keys: Some(Keys { id: "AKID".to_owned(), secret: "between us".to_owned() }),
    });
    let shelf = Shelf::open(&place, desk.test.store()).unwrap();
    keeps_and_forgets(&shelf).await;
    shelf.put("med_2/1-b.webp", Bytes::from_static(b"b")).await.unwrap();
    let kept: Vec<String> = bucket.kept.lock().unwrap().keys().cloned().collect();
    assert_eq!(kept, ["/club/pictures/med_2/1-b.webp"]);
}

#[tokio::test]
async fn a_whole_picture_lives_and_dies_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::at(&Place::Folder(folder.path().to_owned())).await;
    let asset = desk.asset(&jpeg(&halves(20, 20))).await;
    let files = || std::fs::read_dir(folder.path().join(&asset.id)).map_or(0, Iterator::count);
    assert_eq!(files(), asset.files.len());
    desk.kept(&asset).await;
    desk.media.trash(&asset.id, 1, &desk.by()).await.unwrap();
    desk.passes(GRACE_DAYS as u64 + 1).await;
    assert_eq!(desk.media.sweep().await.unwrap().pictures, 1);
    assert_eq!(files(), 0);
}

#[tokio::test]
async fn a_name_leads_nowhere_but_into_its_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "x").unwrap();
    let desk = Desk::at(&Place::Folder(folder.path().join("pictures"))).await;
    for name in
        ["../secret", "med_1/../../secret", "/etc/passwd", "a//b", "./secret", "%2e%2e/secret", "a\0b"]
    {
        let taken = desk.media.shelf().take(name).await;
        assert!(!matches!(taken, Ok(Some(_))), "{name}: {taken:?}");
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_is_refused_at_the_start_and_tells_no_secret() {
    let desk = Desk::at(&Place::Rows).await;
    let good = Bucket {
        name: "club".to_owned(),
        region: "ap-south-1".to_owned(),
        endpoint: None,
        folder: String::new(),
        keys: Some(Keys { id: "AKID".to_owned(), secret: "between us".to_owned() }),
    };
    let open = |bucket: &Bucket| Shelf::open(&Place::Bucket(bucket.clone()), desk.test.store()).map(drop);
    assert!(open(&good).is_ok());
    assert!(open(&Bucket { keys: None, ..good.clone() }).is_ok(), "those of the machine");
    for bad in [
        Bucket { name: String::new(), ..good.clone() },
        Bucket { region: String::new(), ..good.clone() },
        Bucket { endpoint: Some("ftp://example.com".to_owned()), ..good.clone() },
        Bucket { endpoint: Some("example.com".to_owned()), ..good.clone() },
        Bucket { folder: "a/../b".to_owned(), ..good.clone() },
    ] {
        let why = open(&bad);
        assert!(matches!(why, Err(Error::Place { .. })), "{bad:?}: {why:?}");
    }
    let told = format!("{:?}", Place::Bucket(good));
    assert!(told.contains("AKID") && !told.contains("between us"), "{told}");
    let in_the_way = tempfile::NamedTempFile::new().unwrap();
    let folder = Place::Folder(in_the_way.path().join("pictures"));
    assert!(matches!(Shelf::open(&folder, desk.test.store()).map(drop), Err(Error::Place { .. })));
}

/// So much of S3 as is asked for: PUT, GET and DELETE of an object, by who has signed.
struct FakeBucket {
    address: std::net::SocketAddr,
    kept: Arc<Mutex<HashMap<String, Vec<u8>>>>,
}

impl FakeBucket {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, kept) = (listener.local_addr().unwrap(), Arc::default());
        let here = Arc::clone(&kept);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&here)));
            }
        });
        Self { address, kept }
    }
}

/// One connection's requests; it ends with the test.
async fn serve(stream: TcpStream, kept: Arc<Mutex<HashMap<String, Vec<u8>>>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let header = |name: &str| {
            let line = head.lines().find(|it| it.to_ascii_lowercase().starts_with(name));
            line.and_then(|it| it.split_once(':')).map(|it| it.1.trim().to_owned()).unwrap_or_default()
        };
        let mut body = vec![0; header("content-length:").parse().unwrap_or(0)];
        stream.read_exact(&mut body).await.unwrap();
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap().to_owned());
        let signed = header("authorization:");
        let is_signed = signed.starts_with("AWS4-HMAC-SHA256 Credential=AKID/")
            && signed.contains("/ap-south-1/s3/aws4_request");
        let (status, answer) = match method {
            _ if !is_signed => ("403 Forbidden", Vec::new()),
            "PUT" => {
                kept.lock().unwrap().insert(path, body);
                ("200 OK", Vec::new())
            }
            "DELETE" => {
                kept.lock().unwrap().remove(&path);
                ("204 No Content", Vec::new())
            }
            _ => match kept.lock().unwrap().get(&path) {
                Some(found) => ("200 OK", found.clone()),
                None => ("404 Not Found", Vec::new()),
            },
        };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\netag: \"1\"\r\nlast-modified: Mon, 30 Nov 2026 12:00:00 GMT\r\n\r\n",
            answer.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&answer).await.unwrap();
    }
}
