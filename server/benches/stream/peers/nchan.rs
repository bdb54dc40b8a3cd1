//! nginx with nchan, as Debian packages them.

use anyhow::Context;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";
pub(super) const STREAM: &str = "/stream/bench";
pub(super) const PUBLISH: &str = "/publish/bench";

/// One worker, tuned as its manual advises: many connections, all accepted at once, no log.
const CONFIGURATION: &str = r"
load_module {MODULE};
{USER}
worker_processes 1;
worker_cpu_affinity {AFFINITY};
daemon off;
pid {FOLDER}/pid;
error_log {FOLDER}/error.log warn;
events { worker_connections 30000; use epoll; multi_accept on; }
http {
  access_log off;
  client_body_temp_path {FOLDER}/body;
  proxy_temp_path {FOLDER}/proxy;
  fastcgi_temp_path {FOLDER}/fastcgi;
  uwsgi_temp_path {FOLDER}/uwsgi;
  scgi_temp_path {FOLDER}/scgi;
  keepalive_requests 100000000;
  keepalive_timeout 3600s;
  tcp_nodelay on;
  nchan_shared_memory_size 256M;
  server {
    listen {ADDRESS} backlog=4096;
    location ~ ^/publish/(\w+)$ {
      nchan_publisher http;
      nchan_channel_id $1;
      nchan_message_buffer_length 1000;
      nchan_message_timeout 1h;
    }
    location ~ ^/stream/(\w+)$ {
      nchan_subscriber eventsource;
      nchan_channel_id $1;
      nchan_subscriber_first_message newest;
    }
  }
}
";

pub(super) fn absence() -> Option<&'static str> {
    let is_there = Path::new(MODULE).exists() && Command::new("nginx").arg("-v").output().is_ok();
    (!is_there).then_some(
        "apt-get install -y --no-install-recommends nginx-light libnginx-mod-nchan (Debian, Ubuntu) brings it",
    )
}

pub(super) fn command(folder: &Path, address: SocketAddr, core: usize) -> anyhow::Result<Command> {
    let shown = folder.to_str().context("a folder whose name is text")?;
    // nginx reads the mask from right to left.
    let affinity = format!("1{}", "0".repeat(core));
    // Started by root, its worker would change to an account that cannot write here.
    let user = if rustix::process::getuid().is_root() { "user root;" } else { "" };
    let mut text = CONFIGURATION.to_owned();
    for (name, value) in [
        ("{MODULE}", MODULE),
        ("{USER}", user),
        ("{AFFINITY}", &affinity),
        ("{FOLDER}", shown),
        ("{ADDRESS}", &address.to_string()),
    ] {
        text = text.replace(name, value);
    }
    let file = folder.join("nginx.conf");
    fs::write(&file, text)?;
    let mut command = Command::new("nginx");
    command.arg("-c").arg(file);
    Ok(command)
}
