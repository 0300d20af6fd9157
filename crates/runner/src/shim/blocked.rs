//! Networks that a workload must not reach, such as the one in which clouds hand out a machine's credentials.
//!
//! Each becomes a route that leads nowhere, in the workload's own network. The workload has no right over that network,
//! so it cannot take the route away.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, ExitCode};

use ipnet::Ipv4Net;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};

use super::again;
use super::slirp::Namespaces;
use crate::protocol::{BlockInput, Order};

const BLOCKED: &str = "blocked\n";

/// A process that blocks networks. Nothing of the workload may run before [`Blocking::finish`] was well.
#[derive(Debug)]
pub(super) struct Blocking(Child);

impl Blocking {
    pub(super) fn start(dir: &Path, namespaces: &Namespaces, networks: &[Ipv4Net]) -> io::Result<Self> {
        let input = BlockInput { networks: networks.to_vec(), inside: again::inside(namespaces) };
        Ok(Self(again::spawn(dir, &Order::Block(input), Some(namespaces))?))
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        let said = again::expect(self.0.stdout.take(), BLOCKED);
        let _ = self.0.kill();
        let _ = self.0.wait();
        said.map_err(|error| io::Error::other(format!("networks could not be blocked: {error}")))
    }
}

/// Is that process.
pub(super) fn block(input: &BlockInput) -> ExitCode {
    let done = again::enter(&input.inside).and_then(|()| input.networks.iter().try_for_each(lead_nowhere));
    let (said, code) = match done {
        Ok(()) => (BLOCKED.to_owned(), ExitCode::SUCCESS),
        Err(error) => (format!("{error}\n"), ExitCode::FAILURE),
    };
    let _ = io::stdout().write_all(said.as_bytes());
    code
}

/// Asks the kernel for an unreachable route, as rtnetlink(7) and netlink(7) describe.
fn lead_nowhere(network: &Ipv4Net) -> io::Result<()> {
    // No protocol is the protocol NETLINK_ROUTE.
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    sendto(&socket, &request(network), SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut answer = [0; 1024];
    let (count, _) = recv(&socket, &mut answer[..], RecvFlags::empty())?;
    // The answer's own header is followed by the negated number of an error, or 0.
    let code: Option<[u8; 4]> =
        answer.get(HEADER..count.min(HEADER + 4)).and_then(|code| code.try_into().ok());
    match code.map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(code) => Err(io::Error::from_raw_os_error(-code)),
        None => Err(io::Error::other("the kernel's answer about a route is too short")),
    }
}

/// Length of a netlink header.
const HEADER: usize = 16;

fn request(network: &Ipv4Net) -> Vec<u8> {
    const RTM_NEWROUTE: u16 = 24;
    /// `NLM_F_REQUEST | NLM_F_ACK | NLM_F_REPLACE | NLM_F_CREATE`
    const FLAGS: u16 = 0x1 | 0x4 | 0x100 | 0x400;
    const AF_INET: u8 = 2;
    const RT_TABLE_MAIN: u8 = 254;
    const RTPROT_STATIC: u8 = 4;
    const RTN_UNREACHABLE: u8 = 7;
    const RTA_DST: u16 = 1;
    const LENGTH: u32 = 36;
    let mut message = Vec::new();
    message.extend(LENGTH.to_ne_bytes());
    message.extend(RTM_NEWROUTE.to_ne_bytes());
    message.extend(FLAGS.to_ne_bytes());
    // A sequence number, and as whom we send.
    message.extend([0; 8]);
    message.extend([AF_INET, network.prefix_len(), 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, 0, RTN_UNREACHABLE]);
    message.extend([0; 4]);
    message.extend(8u16.to_ne_bytes());
    message.extend(RTA_DST.to_ne_bytes());
    message.extend(network.network().octets());
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_as_long_as_it_says() {
        let message = request(&"169.254.0.0/16".parse().unwrap());
        assert_eq!(message.len(), 36);
        assert_eq!(message[..4], 36u32.to_ne_bytes());
        assert_eq!((message[17], &message[32..]), (16, &[169, 254, 0, 0][..]));
    }
}
