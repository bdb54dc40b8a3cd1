//! What the bench of `jobs` measures of other libraries, each at the best setting that its documentation names. One object of JSON a run:
//! `job-peers graphile|apalis drain|start COUNT postgresql://…`, `job-peers nats call nats://…`.

mod apalis_postgres;
mod figures;
mod graphile;
mod nats;

/// A measurement's error is its end.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let measured = match words[..] {
        ["graphile", "drain", count, url] => graphile::drain(url, count.parse()?).await?,
        ["graphile", "start", count, url] => graphile::start(url, count.parse()?).await?,
        ["apalis", "drain", count, url] => apalis_postgres::drain(url, count.parse()?).await?,
        ["apalis", "start", count, url] => apalis_postgres::start(url, count.parse()?).await?,
        ["nats", "serve", url] => nats::serve(url).await?,
        ["nats", "call", count, url] => nats::call(url, count.parse()?).await?,
        _ => return Err("graphile|apalis drain|start COUNT URL, nats serve URL, nats call COUNT URL".into()),
    };
    println!("{measured}");
    // Their workers run for ever.
    std::process::exit(0);
}
