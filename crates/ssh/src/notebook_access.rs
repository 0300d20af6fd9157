//! Access of a connection to its notebook: authorized anew for each channel, and watched for its revocation.

use std::time::Duration;

use base::Error;
use proxy::{Proxy, Refusal, Tunnel};
use russh::server::{Handle, Msg};
use russh::{Channel, Disconnect};
use tokio_util::sync::CancellationToken;

use crate::channel::{self, ChannelRequest};

/// A connection to a notebook that does not run stays for as long as it takes to say so.
const ERROR_LINGER: Duration = Duration::from_secs(10);
/// From the disconnect message to the end of the connection.
const DISCONNECT_GRACE: Duration = Duration::from_millis(500);

/// Who, to what.
#[derive(Clone)]
pub(crate) struct NotebookAccess {
    pub(crate) proxy: Proxy,
    pub(crate) fingerprint: String,
    pub(crate) slug: String,
}

impl NotebookAccess {
    /// Everything is checked again for each channel.
    async fn authorize(&self) -> base::Result<Tunnel> {
        let ended = || Error::unauthenticated("Your access to this notebook ended.");
        let ctx = self.proxy.anonymous();
        let found = self.proxy.accounts().person_of_ssh_key(&ctx, &self.fingerprint).await?;
        let (person, credential) = found.ok_or_else(ended)?;
        match self.proxy.tunnel(person, credential, &self.slug).await {
            Ok(tunnel) => Ok(tunnel),
            Err(Refusal::NotFound) => Err(ended()),
            Err(Refusal::Error(error)) => Err(error),
        }
    }

    pub(crate) async fn open(&self, request: &ChannelRequest) -> base::Result<channel::BridgedChannel> {
        let opened = channel::open(self.authorize().await?, request).await;
        let kind = match request {
            ChannelRequest::Shell { .. } => "shell",
            ChannelRequest::Command { .. } => "command",
            ChannelRequest::Sftp { .. } => "sftp",
            ChannelRequest::Port { .. } => "port",
        };
        metrics::counter!("portico_ssh_channels_total", "kind" => kind).increment(1);
        opened
    }
}

/// Says on standard error why there is nothing, and ends the channel.
pub(crate) async fn write_error(channel: &Channel<Msg>, error: &Error) {
    let hint = error.hint().map(|hint| format!(" {hint}")).unwrap_or_default();
    let text = format!("portico: {}{hint}\r\n", error.message());
    let written = async {
        channel.extended_data_bytes(1, text.into_bytes()).await?;
        channel.exit_status(1).await?;
        channel.eof().await?;
        channel.close().await
    };
    let _ = written.await;
}

/// Ends the connection when the right to it does.
pub(crate) async fn disconnect_when_revoked(
    tunnel: Result<Tunnel, Refusal>,
    handle: Handle,
    cancel: CancellationToken,
) {
    match &tunnel {
        Ok(tunnel) => tunnel.revoked().await,
        Err(_) => tokio::time::sleep(ERROR_LINGER).await,
    }
    let text = "Your access to this notebook ended, or the notebook did.".to_owned();
    let disconnect = handle.disconnect(Disconnect::ByApplication, text, String::new());
    let _ = tokio::time::timeout(DISCONNECT_GRACE, disconnect).await;
    tokio::time::sleep(DISCONNECT_GRACE).await;
    cancel.cancel();
}
