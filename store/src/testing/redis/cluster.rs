//! A throw-away Redis Cluster.

use super::{Server, ask, free_ports, until, words};
use crate::error::Error;

/// Which part of the 16,384 slots each node has.
const SLOTS: [(&str, &str); 3] = [("0", "5460"), ("5461", "10922"), ("10923", "16383")];

/// Three masters without replicas. Dropping it stops them.
pub struct TestCluster {
    nodes: Vec<Server>,
    ports: Vec<u16>,
}

impl TestCluster {
    /// Starts it and waits until each node finds it whole.
    pub async fn start() -> Result<TestCluster, Error> {
        let ports: [u16; 6] = free_ports()?;
        let (ports, bus_ports) = ports.split_at(SLOTS.len());
        let mut nodes = Vec::new();
        for (port, bus_port) in ports.iter().zip(bus_ports) {
            nodes.push(Server::start(|_| arguments(*port, *bus_port))?);
        }
        let cluster = TestCluster { nodes, ports: ports.to_vec() };
        for (port, (first, last)) in ports.iter().zip(SLOTS) {
            until(async || ask::<String>(*port, &["PING"]).await.map(|it| it == "PONG")).await?;
            ask::<()>(*port, &["CLUSTER", "ADDSLOTSRANGE", first, last]).await?;
            let (first, its_bus) = (ports[0].to_string(), bus_ports[0].to_string());
            ask::<()>(*port, &["CLUSTER", "MEET", "127.0.0.1", &first, &its_bus]).await?;
        }
        cluster.whole().await?;
        Ok(cluster)
    }

    /// `redis-cluster://…` of all nodes.
    pub fn url(&self) -> String {
        let hosts: Vec<String> = self.ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        format!("redis-cluster://{}", hosts.join(","))
    }

    /// Ends one of the three as a power cut would. Its slots are without a master from then on.
    pub fn kill(&mut self, node: usize) {
        self.nodes[node].kill();
    }

    /// Starts it again, empty, and waits until the Cluster is whole.
    pub async fn start_again(&mut self, node: usize) -> Result<(), Error> {
        self.nodes[node].start_again()?;
        self.whole().await
    }

    /// The node, by its number from 0, that has a key's slot.
    pub async fn node_of(&self, key: &str) -> Result<usize, Error> {
        let slot: u16 = ask(self.ports[0], &["CLUSTER", "KEYSLOT", key]).await?;
        Ok(usize::from(slot > 5460) + usize::from(slot > 10922))
    }

    /// Moves a key's slot, with that key, to another node.
    pub async fn move_slot_of(&self, key: &str, to: usize) -> Result<(), Error> {
        let from = self.ports[self.node_of(key).await?];
        let to = self.ports[to];
        let slot: u16 = ask(from, &["CLUSTER", "KEYSLOT", key]).await?;
        let slot = slot.to_string();
        let (source, target): (String, String) =
            (ask(from, &["CLUSTER", "MYID"]).await?, ask(to, &["CLUSTER", "MYID"]).await?);
        ask::<()>(to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &source]).await?;
        ask::<()>(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &target]).await?;
        // Answers whether there was such a key; both are well.
        ask::<String>(from, &["MIGRATE", "127.0.0.1", &to.to_string(), key, "0", "5000"]).await?;
        for port in [to, from].into_iter().chain(self.ports.iter().copied()) {
            ask::<()>(port, &["CLUSTER", "SETSLOT", &slot, "NODE", &target]).await?;
        }
        Ok(())
    }

    async fn whole(&self) -> Result<(), Error> {
        for port in &self.ports {
            let is_whole = async || {
                let state: String = ask(*port, &["CLUSTER", "INFO"]).await?;
                Ok(state.contains("cluster_state:ok") && state.contains("cluster_known_nodes:3"))
            };
            until(is_whole).await?;
        }
        Ok(())
    }
}

fn arguments(port: u16, bus_port: u16) -> Vec<String> {
    let mut arguments = words(&["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    arguments.extend(words(&["--port", &port.to_string(), "--cluster-port", &bus_port.to_string()]));
    arguments.extend(words(&["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"]));
    // What is left of the Cluster goes on without the rest.
    arguments.extend(words(&["--cluster-require-full-coverage", "no"]));
    arguments
}
