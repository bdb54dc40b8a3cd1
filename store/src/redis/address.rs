//! Where a Redis is: one server, a Cluster, or a master that Sentinels know.

use super::failed;
use crate::error::Error;
use redis::sentinel::SentinelNodeConnectionInfo;
use redis::{
    ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisConnectionInfo, TlsMode,
};

/// What a URL says.
#[derive(Clone)]
pub(super) enum Address {
    One(ConnectionInfo),
    /// Some of the Cluster's nodes; they know the others.
    Cluster(Vec<ConnectionInfo>),
    Sentinel {
        sentinels: Vec<ConnectionInfo>,
        master: String,
        /// How to sign in at the master.
        server: SentinelNodeConnectionInfo,
    },
}

impl Address {
    /// Reads `redis[s]://…`, `redis+unix://…`, `redis[s]-cluster://host,host` or `redis[s]-sentinel://host,host/master[/db]`.
    pub(super) fn parse(url: &str) -> Result<Address, Error> {
        let wrong = |reason: &str| Error::Redis { doing: "URL cannot be read", reason: reason.to_owned() };
        let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("it has no scheme"))?;
        let Some((single, kind)) = scheme.split_once('-') else {
            return Ok(Address::One(node(url)?));
        };
        if !matches!(single, "redis" | "rediss") {
            return Err(wrong(
                "its scheme is none of redis, rediss, redis+unix, redis-cluster and redis-sentinel",
            ));
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (sign_in, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (format!("{user}@"), hosts),
            None => (String::new(), authority),
        };
        match kind {
            "cluster" => {
                let nodes = hosts.split(',').map(|host| node(&format!("{single}://{sign_in}{host}")));
                Ok(Address::Cluster(nodes.collect::<Result<_, _>>()?))
            }
            "sentinel" => {
                let (master, database) = path.split_once('/').unwrap_or((path, ""));
                if master.is_empty() {
                    return Err(wrong("the master's name is missing: redis-sentinel://host:26379/name"));
                }
                let password = match query.split_once('=') {
                    Some(("sentinel_password", password)) => format!(":{password}@"),
                    None if query.is_empty() => String::new(),
                    _ => return Err(wrong("only sentinel_password may follow the question mark")),
                };
                let sentinels = hosts.split(',').map(|host| node(&format!("{single}://{password}{host}")));
                // The host is nobody's; who signs in, where, and in which database is what is wanted of it.
                let master_there = node(&format!("{single}://{sign_in}master/{database}"))?;
                let mut server = SentinelNodeConnectionInfo::default()
                    .set_redis_connection_info(master_there.redis_settings().clone());
                if matches!(master_there.addr(), ConnectionAddr::TcpTls { .. }) {
                    server = server.set_tls_mode(TlsMode::Secure);
                }
                Ok(Address::Sentinel {
                    sentinels: sentinels.collect::<Result<_, _>>()?,
                    master: master.to_owned(),
                    server,
                })
            }
            _ => Err(wrong(
                "its scheme is none of redis, rediss, redis+unix, redis-cluster and redis-sentinel",
            )),
        }
    }
}

/// A server's address. RESP3, in which messages and answers come over one connection.
fn node(url: &str) -> Result<ConnectionInfo, Error> {
    let info = url.into_connection_info().map_err(|error| failed("URL cannot be read", &error))?;
    let settings: RedisConnectionInfo = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    Ok(info.set_redis_settings(settings))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(nodes: &[ConnectionInfo]) -> Vec<String> {
        nodes.iter().map(|it| it.addr().to_string()).collect()
    }

    #[test]
    fn each_kind_of_redis_has_its_url() {
        let parse = |url: &str| Address::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        for (url, wanted) in [
            ("redis://h", "h:6379"),
            ("redis://u:p@h:1/2", "h:1"),
            ("redis+unix:///x/y.sock", "/x/y.sock"),
            ("rediss://h:3", "h:3"),
        ] {
            let Address::One(info) = parse(url) else { panic!("{url}: one server") };
            assert_eq!(info.addr().to_string(), wanted);
            assert_eq!(info.redis_settings().protocol(), ProtocolVersion::RESP3);
        }
        let Address::Cluster(nodes) = parse("redis-cluster://u:p@a:1,b:2") else { panic!("a Cluster") };
        assert_eq!(addresses(&nodes), ["a:1", "b:2"]);
        assert!(nodes.iter().all(|it| it.redis_settings().password() == Some("p")));
        let Address::Cluster(nodes) = parse("rediss-cluster://a") else { panic!("a Cluster") };
        assert!(matches!(nodes[0].addr(), ConnectionAddr::TcpTls { .. }));
        let url = "redis-sentinel://u:p@a:1,b:2/main/3?sentinel_password=s";
        let Address::Sentinel { sentinels, master, .. } = parse(url) else { panic!("Sentinels") };
        assert_eq!((addresses(&sentinels), master.as_str()), (vec!["a:1".into(), "b:2".into()], "main"));
        assert!(sentinels.iter().all(|it| it.redis_settings().password() == Some("s")));
    }

    #[test]
    fn what_is_no_url_of_a_redis_is_refused() {
        for url in [
            "",
            "h:6379",
            "http://h",
            "redis-ring://h",
            "http-cluster://h",
            "redis-cluster://",
            "redis-sentinel://h:1",
            "redis-sentinel://h:1/",
            "redis-sentinel://h:1/main/x",
            "redis-sentinel://h:1/main?password=x",
        ] {
            let error = Address::parse(url).err().unwrap_or_else(|| panic!("{url} was taken"));
            assert!(error.to_string().starts_with("Redis URL cannot be read: "), "{error}");
        }
    }
}
