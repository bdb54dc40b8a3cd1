//! NATS request-reply: 256 bytes there and back.

use crate::Error;
use crate::figures::{per_second, times};
use bytes::Bytes;
use futures::StreamExt;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SUBJECT: &str = "echo";
const BODY: &[u8] = &[b'x'; 256];

/// Answers for ever.
pub(crate) async fn serve(url: &str) -> Result<Value, Error> {
    let client = async_nats::connect(url).await?;
    let mut asked = client.queue_subscribe(SUBJECT, "workers".into()).await?;
    while let Some(request) = asked.next().await {
        let client = client.clone();
        tokio::spawn(async move {
            if let Some(reply) = request.reply {
                let _ = client.publish(reply, request.payload).await;
            }
        });
    }
    Ok(Value::Null)
}

/// One at a time, then 64 at once.
pub(crate) async fn call(url: &str, count: usize) -> Result<Value, Error> {
    let client = async_nats::connect(url).await?;
    let until = Instant::now() + Duration::from_secs(10);
    // Until somebody serves.
    while let Err(error) = client.request(SUBJECT, Bytes::from_static(BODY)).await {
        if Instant::now() > until {
            return Err(error.into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut took = Vec::with_capacity(count);
    for _ in 0..count {
        let asked = Instant::now();
        client.request(SUBJECT, Bytes::from_static(BODY)).await?;
        took.push(asked.elapsed());
    }
    let many = count * 10;
    let begun = Instant::now();
    let mut callers = Vec::new();
    for _ in 0..64 {
        let client = client.clone();
        callers.push(tokio::spawn(async move {
            for _ in 0..many / 64 {
                client.request(SUBJECT, Bytes::from_static(BODY)).await?;
            }
            Ok::<_, Error>(())
        }));
    }
    for caller in callers {
        caller.await??;
    }
    Ok(json!({"serial": times(took), "per_second": per_second(many / 64 * 64, begun.elapsed())}))
}
