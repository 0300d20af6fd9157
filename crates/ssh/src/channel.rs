//! One channel: input of the client goes into a process inside of the notebook, and its output comes back, in frames
//! over a bridge.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base::{Error, Result};
use proxy::{Bridge, Tunnel};
use russh::server::{Handle, Msg};
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use serde::Serialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::mpsc::Receiver;

use crate::backpressure::FlowControl;

/// How long a process may take to begin.
const OPEN_TIMEOUT: Duration = Duration::from_secs(20);
/// No frame is longer.
const MAX_FRAME: u32 = 1024 * 1024;

/// What a client requests inside of a notebook; its JSON is the first frame.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum ChannelRequest {
    Shell {
        terminal: Option<[u32; 4]>,
        variables: BTreeMap<String, String>,
    },
    Command {
        command: String,
        terminal: Option<[u32; 4]>,
        variables: BTreeMap<String, String>,
    },
    Sftp {
        variables: BTreeMap<String, String>,
    },
    /// A port of its loopback.
    Port {
        port: u16,
    },
}

/// What a client may ask of a process that runs.
#[derive(Clone, Debug)]
pub(crate) enum ProcessControl {
    /// Columns, rows, and the same in pixels.
    Resize([u32; 4]),
    Signal(String),
}

/// A bridge to a process, or a connection, that has begun.
pub(crate) struct BridgedChannel {
    from: ReadHalf<Bridge>,
    to: WriteHalf<Bridge>,
    tunnel: Tunnel,
}

/// Opens a bridge for the request, or says why it can't be.
pub(crate) async fn open(tunnel: Tunnel, request: &ChannelRequest) -> Result<BridgedChannel> {
    let opened = async {
        let (mut from, mut to) = tokio::io::split(tunnel.bridge().await?);
        let body =
            serde_json::to_vec(request).map_err(|error| Error::internal_from("ask a bridge", error))?;
        write_frame(&mut to, b'S', &body).await.map_err(|error| broken(&error))?;
        match read_frame(&mut from).await.map_err(|error| broken(&error))? {
            Some((b'r', _)) => Ok((from, to)),
            Some((b'f', why)) => {
                let why = base::names::cut(&String::from_utf8_lossy(&why), 500);
                Err(Error::unavailable(format!("The notebook could not do that: {why}.")))
            }
            _ => Err(Error::unavailable("The notebook ended before it began.")),
        }
    };
    let timed_out = || Error::unavailable("The notebook did not answer in time.").with_hint("Try again.");
    let (from, to) = tokio::time::timeout(OPEN_TIMEOUT, opened).await.map_err(|_| timed_out())??;
    Ok(BridgedChannel { from, to, tunnel })
}

fn broken(error: &std::io::Error) -> Error {
    Error::unavailable("The notebook closed the connection.").context(error.to_string())
}

impl BridgedChannel {
    /// Copies both ways until one side is done, or access is revoked.
    pub(crate) async fn relay(
        self,
        channel: Channel<Msg>,
        mut controls: Receiver<ProcessControl>,
        handle: &Handle,
        flow: &Arc<FlowControl>,
    ) {
        let Self { mut from, mut to, tunnel } = self;
        let (mut client, answers) = channel.split();
        let unconsumed = Unconsumed { flow: flow.clone(), bytes: AtomicU64::new(0) };
        let input = relay_input(&mut client, &mut controls, &mut to, &tunnel, &unconsumed);
        let output = relay_output(&mut from, &answers, handle, &unconsumed);
        tokio::select! {
            () = input => {}
            _ = output => {}
            () = tunnel.revoked() => {}
        }
        let _ = answers.eof().await;
        let _ = answers.close().await;
    }
}

/// What went in and was not consumed, for flow control: forgotten when the channel ends.
struct Unconsumed {
    flow: Arc<FlowControl>,
    bytes: AtomicU64,
}

impl Unconsumed {
    fn sent(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::AcqRel);
        self.flow.sent(bytes);
    }

    /// More than was sent is a lie and changes nothing.
    fn consumed(&self, bytes: u64) {
        let less = |all: u64| Some(all.saturating_sub(bytes));
        let before = self.bytes.fetch_update(Ordering::AcqRel, Ordering::Acquire, less).unwrap_or_default();
        self.flow.consumed(bytes.min(before));
    }
}

impl Drop for Unconsumed {
    fn drop(&mut self) {
        self.consumed(u64::MAX);
    }
}

async fn relay_input(
    client: &mut ChannelReadHalf,
    controls: &mut Receiver<ProcessControl>,
    to: &mut WriteHalf<Bridge>,
    tunnel: &Tunnel,
    unconsumed: &Unconsumed,
) {
    let bytes = metrics::counter!("portico_ssh_bytes_total", "direction" => "up");
    // A process may end before its input does. Its last output still comes, and for that the client must be read.
    let mut is_taken = true;
    loop {
        let (kind, body) = tokio::select! {
            message = client.wait() => match message {
                Some(ChannelMsg::Data { data }) => {
                    tunnel.touch();
                    bytes.increment(data.len() as u64);
                    (b'i', data.to_vec())
                }
                Some(ChannelMsg::Eof) => (b'e', Vec::new()),
                Some(ChannelMsg::Close) | None => return,
                Some(_) => continue,
            },
            Some(control) = controls.recv() => match control {
                ProcessControl::Resize(size) => (b'w', size.iter().flat_map(|number| number.to_be_bytes()).collect()),
                ProcessControl::Signal(name) => (b'k', name.into_bytes()),
            },
        };
        if is_taken {
            if kind == b'i' {
                unconsumed.sent(body.len() as u64);
            }
            is_taken = write_frame(to, kind, &body).await.is_ok();
            if !is_taken {
                unconsumed.consumed(u64::MAX);
            }
        }
    }
}

async fn relay_output(
    from: &mut ReadHalf<Bridge>,
    answers: &ChannelWriteHalf<Msg>,
    handle: &Handle,
    unconsumed: &Unconsumed,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let bytes = metrics::counter!("portico_ssh_bytes_total", "direction" => "down");
    while let Some((kind, body)) = read_frame(from).await? {
        match kind {
            b'o' | b'x' => {
                bytes.increment(body.len() as u64);
                let _blocked = unconsumed.flow.block_output();
                if kind == b'o' {
                    answers.data_bytes(body).await?;
                } else {
                    answers.extended_data_bytes(1, body).await?;
                }
            }
            b'c' => {
                if let Ok(number) = body.as_slice().try_into() {
                    unconsumed.consumed(u64::from(u32::from_be_bytes(number)));
                }
            }
            b'E' => answers.eof().await?,
            b'f' => {
                let why = format!("portico: {}\r\n", base::names::cut(&String::from_utf8_lossy(&body), 500));
                answers.extended_data_bytes(1, why.into_bytes()).await?;
                answers.exit_status(1).await?;
            }
            b'q' => {
                let status = body.as_slice().try_into().map_or(1, u32::from_be_bytes);
                answers.exit_status(status).await?;
            }
            b'Q' => {
                let name = base::names::cut(&String::from_utf8_lossy(&body), 20);
                let _ = handle
                    .exit_signal_request(answers.id(), signal(name), false, String::new(), String::new())
                    .await;
            }
            _ => return Ok(()),
        }
    }
    Ok(())
}

fn signal(name: String) -> Sig {
    match name.as_str() {
        "ABRT" => Sig::ABRT,
        "ALRM" => Sig::ALRM,
        "FPE" => Sig::FPE,
        "HUP" => Sig::HUP,
        "ILL" => Sig::ILL,
        "INT" => Sig::INT,
        "KILL" => Sig::KILL,
        "PIPE" => Sig::PIPE,
        "QUIT" => Sig::QUIT,
        "SEGV" => Sig::SEGV,
        "TERM" => Sig::TERM,
        "USR1" => Sig::USR1,
        _ => Sig::Custom(name),
    }
}

/// The name of a signal, as both sides write it.
pub(crate) fn signal_name(signal: &Sig) -> String {
    match signal {
        Sig::Custom(name) => name.clone(),
        known => format!("{known:?}"),
    }
}

/// One frame: a letter, the length of the body, the body.
async fn write_frame(to: &mut WriteHalf<Bridge>, kind: u8, body: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(body.len()).map_err(std::io::Error::other)?;
    let mut frame = Vec::with_capacity(body.len() + 5);
    frame.push(kind);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(body);
    to.write_all(&frame).await?;
    to.flush().await
}

/// The next frame; `None` at the end.
async fn read_frame(from: &mut ReadHalf<Bridge>) -> std::io::Result<Option<(u8, Vec<u8>)>> {
    let kind = match from.read_u8().await {
        Ok(kind) => kind,
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = from.read_u32().await?;
    if length > MAX_FRAME {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; usize::try_from(length).map_err(std::io::Error::other)?];
    from.read_exact(&mut body).await?;
    Ok(Some((kind, body)))
}
