//! The physical floor: what one bare `send` over loopback costs, without any server around it.

use crate::mark::nanoseconds;
use rustix::net::{SendFlags, send};
use rustix::time::ClockId;
use std::io::Read;
use std::net::{TcpListener, TcpStream};

/// How often each socket is written.
const ROUNDS: usize = 30;

/// Microseconds of processor time for a `send` of `size` bytes, spread over so many sockets. The receiver's half of TCP, which loopback
/// does on the sender's core, is in it, as in every figure of this bench.
pub(crate) fn send_us(sockets: usize, size: usize) -> anyhow::Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let mut pairs = Vec::with_capacity(sockets);
    for _ in 0..sockets {
        let receiver = TcpStream::connect(address)?;
        let (sender, _) = listener.accept()?;
        sender.set_nodelay(true)?;
        receiver.set_nonblocking(true)?;
        pairs.push((sender, receiver));
    }
    let (message, mut buffer) = (vec![b'x'; size], vec![0; 65_536]);
    let mut spent_ns = 0;
    for _ in 0..ROUNDS {
        let before = nanoseconds(ClockId::ThreadCPUTime);
        for (sender, _) in &pairs {
            send(sender, &message, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)?;
        }
        spent_ns += nanoseconds(ClockId::ThreadCPUTime) - before;
        for (_, receiver) in &mut pairs {
            // What has not come yet is taken in the next round.
            let _emptied = receiver.read(&mut buffer);
        }
    }
    Ok(spent_ns as f64 / 1e3 / (sockets * ROUNDS) as f64)
}
