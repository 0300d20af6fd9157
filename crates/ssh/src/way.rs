//! The way of a connection into its notebook: asked for anew by each channel, and watched for its end.

use std::time::Duration;

use base::Error;
use proxy::{Proxy, Refusal, Tunnel};
use russh::server::{Handle, Msg};
use russh::{Channel, Disconnect};
use tokio_util::sync::CancellationToken;

use crate::channel::{self, Asked};

/// A connection to a notebook that does not run stays for as long as it takes to say so.
const TO_SAY_SO: Duration = Duration::from_secs(10);
/// From the word that it ends to the end.
const FAREWELL: Duration = Duration::from_millis(500);

/// Who, to what.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) proxy: Proxy,
    pub(crate) fingerprint: String,
    pub(crate) slug: String,
}

impl Way {
    /// Everything is asked again for each channel.
    async fn tunnel(&self) -> base::Result<Tunnel> {
        let ended = || Error::unauthenticated("Your access to this notebook ended.");
        let ctx = self.proxy.anonymous();
        let found = self.proxy.accounts().person_of_ssh_key(&ctx, &self.fingerprint).await?;
        let (person, credential) = found.ok_or_else(ended)?;
        match self.proxy.tunnel(person, credential, &self.slug).await {
            Ok(tunnel) => Ok(tunnel),
            Err(Refusal::Missing) => Err(ended()),
            Err(Refusal::Told(error)) => Err(error),
        }
    }

    pub(crate) async fn begin(&self, asked: &Asked) -> base::Result<channel::Begun> {
        let begun = channel::begin(self.tunnel().await?, asked).await;
        let kind = match asked {
            Asked::Shell { .. } => "shell",
            Asked::Command { .. } => "command",
            Asked::Sftp { .. } => "sftp",
            Asked::Port { .. } => "port",
        };
        metrics::counter!("portico_ssh_channels_total", "kind" => kind).increment(1);
        begun
    }
}

/// Says on standard error why there is nothing, and ends the channel.
pub(crate) async fn tell(channel: &Channel<Msg>, error: &Error) {
    let hint = error.hint().map(|hint| format!(" {hint}")).unwrap_or_default();
    let text = format!("portico: {}{hint}\r\n", error.message());
    let told = async {
        channel.extended_data_bytes(1, text.into_bytes()).await?;
        channel.exit_status(1).await?;
        channel.eof().await?;
        channel.close().await
    };
    let _ = told.await;
}

/// Ends the connection when the right to it does.
pub(crate) async fn watch(way: Result<Tunnel, Refusal>, handle: Handle, cut: CancellationToken) {
    match &way {
        Ok(tunnel) => tunnel.cut().await,
        Err(_) => tokio::time::sleep(TO_SAY_SO).await,
    }
    let text = "Your access to this notebook ended, or the notebook did.".to_owned();
    let farewell = handle.disconnect(Disconnect::ByApplication, text, String::new());
    let _ = tokio::time::timeout(FAREWELL, farewell).await;
    tokio::time::sleep(FAREWELL).await;
    cut.cancel();
}
