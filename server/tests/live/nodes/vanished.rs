//! Clients whose connection ends without a word.

use super::Nodes;
use super::network::Network;
use crate::support::{Crease, Raw, Stream, http2_client, within};
use reqwest::Client;
use store::testing::TestRedis;

/// A number that a process shows on its metrics page.
async fn metric(http: &Client, url: &str, name: &str) -> f64 {
    let text = http.get(format!("{url}/metrics")).send().await.unwrap().text().await.unwrap();
    text.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(' ')).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_vanish_are_found_and_their_seats_given_back() {
    let redis = TestRedis::start().await.unwrap();
    let nodes = Nodes::start(redis.url()).await;
    let Some(network) = Network::new() else { return };
    let behind = network.back(&nodes.database.url(), redis.url()).await;
    let mut program = network.program(env!("CARGO_BIN_EXE_crease"));
    program.arg("edge");
    nodes.set(&mut program, &behind.database_url, &behind.redis_url, "0.0.0.0:0");
    program.env("CREASE__STREAM__HEARTBEAT_SECONDS", "1").env("CREASE__STREAM__STALLED_SECONDS_MAX", "2");
    program.env("CREASE__HTTP__HEAD_SECONDS_MAX", "2");
    let edge = Crease::listening(program);
    let by = |address: String| edge.url.replace("0.0.0.0", &address);
    let (front, back) = (by(network.front_address()), by(network.back_address()));
    let (key, path) = (nodes.keys.1.as_str(), format!("/v1/matches/{}/stream", nodes.match_id));
    let mut streams = Vec::new();
    for version in ["1.1", "1.1", "1.0"] {
        let mut raw = Raw::connect(&front).await;
        raw.get(version, &path, key, &[]).await;
        streams.push(Stream::over(raw).await);
    }
    let http2 = http2_client().get(format!("{front}{path}")).bearer_auth(key).send().await.unwrap();
    streams.push(Stream::of(http2));
    assert_eq!(metric(&nodes.http, &back, "stream_subscribers").await, 4.0);
    for stream in &mut streams {
        assert_eq!(stream.event().await.unwrap().name, "snapshot");
    }
    network.cut_front();
    within("all four are found", async {
        while metric(&nodes.http, &back, "stream_subscribers").await > 0.0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
