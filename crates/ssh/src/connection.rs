//! One client: its authentication, and the channels that it opens.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base::{Credential, Person, UserId};
use proxy::{Proxy, Refusal, Tunnel};
use russh::keys::{HashAlg, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure, Pty, Sig};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::backpressure::FlowControl;
use crate::channel::{ChannelRequest, ProcessControl, signal_name};
use crate::limits::{ConnectionPermit, Limits, PreAuthPermits};
use crate::notebook_access::{NotebookAccess, disconnect_when_revoked, write_error};

/// Channels of one connection.
const MAX_CHANNELS: usize = 64;
/// What a client may set, as `LANG` and `LC_ALL`.
const MAX_VARIABLES: usize = 32;
const MAX_VALUE_LENGTH: usize = 256;
const MAX_COMMAND_LENGTH: usize = 128 * 1024;

/// How far a client has come.
#[derive(Default)]
pub(crate) struct Progress {
    /// The key exchange is done.
    pub(crate) keys_are_exchanged: AtomicBool,
    /// It proved to have a key that opens the notebook.
    pub(crate) is_authenticated: AtomicBool,
}

/// The handler of one connection.
pub(crate) struct Connection {
    proxy: Proxy,
    limits: Limits,
    flow: Arc<FlowControl>,
    progress: Arc<Progress>,
    /// Ends the connection.
    cancel: CancellationToken,
    /// Comes when the connection has ended.
    ended: CancellationToken,
    pre_auth: Option<PreAuthPermits>,
    client: Option<AuthenticatedClient>,
    channels: HashMap<ChannelId, SessionChannel>,
}

/// A client whose key was accepted.
struct AuthenticatedClient {
    fingerprint: String,
    slug: String,
    tunnel: Result<Tunnel, Refusal>,
    _permit: ConnectionPermit<UserId>,
}

/// The size of its terminal, where it has one, and the variables that were set for it.
type ProcessEnvironment = (Option<[u32; 4]>, BTreeMap<String, String>);

/// A session channel.
struct SessionChannel {
    /// Until something was requested.
    idle: Option<Channel<Msg>>,
    terminal: Option<[u32; 4]>,
    variables: BTreeMap<String, String>,
    controls: mpsc::Sender<ProcessControl>,
    controls_receiver: Option<mpsc::Receiver<ProcessControl>>,
}

impl Connection {
    pub(crate) fn new(
        proxy: Proxy,
        limits: Limits,
        pre_auth: PreAuthPermits,
        flow: Arc<FlowControl>,
        progress: Arc<Progress>,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            proxy,
            limits,
            flow,
            progress,
            cancel,
            ended: CancellationToken::new(),
            pre_auth: Some(pre_auth),
            client: None,
            channels: HashMap::new(),
        }
    }

    /// Whose key this is, where they may open what the connection's user name says.
    async fn find(&self, slug: &str, key: &PublicKey) -> base::Result<Option<(Person, Credential, String)>> {
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        let found = self.proxy.accounts().person_of_ssh_key(&self.proxy.anonymous(), &fingerprint).await?;
        let Some((person, credential)) = found else { return Ok(None) };
        let may = self.proxy.may_open(&person, slug).await?;
        Ok(may.then_some((person, credential, fingerprint)))
    }

    async fn check_offered_key(&self, slug: &str, key: &PublicKey) -> Auth {
        self.progress.keys_are_exchanged.store(true, Ordering::Release);
        match self.find(slug, key).await {
            Ok(Some(_)) => Auth::Accept,
            Ok(None) => Auth::reject(),
            Err(error) => {
                tracing::warn!(error = ?error, "an SSH key could not be looked up");
                Auth::reject()
            }
        }
    }

    async fn authenticate(&mut self, slug: &str, key: &PublicKey) -> base::Result<bool> {
        let Some((person, credential, fingerprint)) = self.find(slug, key).await? else { return Ok(false) };
        let Some(permit) = self.limits.person(person.id) else { return Ok(false) };
        let ctx = self.proxy.anonymous();
        self.proxy.accounts().touch_ssh_key(&ctx, &fingerprint).await?;
        let tunnel = self.proxy.tunnel(person, credential, slug).await;
        self.client =
            Some(AuthenticatedClient { fingerprint, slug: slug.to_owned(), tunnel, _permit: permit });
        self.pre_auth = None;
        self.progress.is_authenticated.store(true, Ordering::Release);
        Ok(true)
    }

    fn notebook_access(&self) -> Option<NotebookAccess> {
        let client = self.client.as_ref()?;
        let (fingerprint, slug) = (client.fingerprint.clone(), client.slug.clone());
        Some(NotebookAccess { proxy: self.proxy.clone(), fingerprint, slug })
    }

    /// Begins what was requested on a session channel; at once, so that the client may go on.
    fn start(
        &mut self,
        id: ChannelId,
        session: &mut Session,
        request: Option<ChannelRequest>,
    ) -> Result<(), russh::Error> {
        let access = self.notebook_access();
        let session_channel = self.channels.get_mut(&id);
        let idle = session_channel
            .and_then(|channel| Some((channel.idle.take()?, channel.controls_receiver.take()?)));
        let (Some(access), Some(request), Some((channel, controls))) = (access, request, idle) else {
            return session.channel_failure(id);
        };
        session.channel_success(id)?;
        let (handle, flow) = (session.handle(), self.flow.clone());
        tokio::spawn(async move {
            match access.open(&request).await {
                Ok(bridged) => bridged.relay(channel, controls, &handle, &flow).await,
                Err(error) => write_error(&channel, &error).await,
            }
        });
        Ok(())
    }

    fn process_environment(&self, id: ChannelId) -> Option<ProcessEnvironment> {
        self.channels.get(&id).map(|channel| (channel.terminal, channel.variables.clone()))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.ended.cancel();
    }
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]")
}

fn may_set(name: &str) -> bool {
    let is_fine = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
    name == "LANG" || (name.len() <= 32 && name.starts_with("LC_") && name.bytes().all(is_fine))
}

impl Handler for Connection {
    type Error = russh::Error;

    async fn auth_none(&mut self, _: &str) -> Result<Auth, Self::Error> {
        self.progress.keys_are_exchanged.store(true, Ordering::Release);
        Ok(Auth::reject())
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.check_offered_key(user, offer.public_key).await)
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        match self.authenticate(user, key.public_key).await {
            Ok(true) => Ok(Auth::Accept),
            Ok(false) => Ok(Auth::reject()),
            Err(error) => {
                tracing::warn!(error = ?error, "an SSH client could not be let in");
                Ok(Auth::reject())
            }
        }
    }

    async fn auth_succeeded(&mut self, session: &mut Session) -> Result<(), Self::Error> {
        let Some(client) = &mut self.client else { return Err(russh::Error::Inconsistent) };
        let tunnel = std::mem::replace(&mut client.tunnel, Err(Refusal::NotFound));
        let watching = disconnect_when_revoked(tunnel, session.handle(), self.cancel.clone());
        let ended = self.ended.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = watching => {}
                () = ended.cancelled() => {}
            }
        });
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.channels.len() >= MAX_CHANNELS {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        let (controls, controls_receiver) = mpsc::channel(16);
        let session_channel = SessionChannel {
            terminal: None,
            variables: BTreeMap::new(),
            controls,
            controls_receiver: Some(controls_receiver),
            idle: None,
        };
        let id = channel.id();
        self.channels.entry(id).or_insert(session_channel).idle = Some(channel);
        reply.accept().await;
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let (Some(access), Ok(port), true) = (self.notebook_access(), u16::try_from(port), is_loopback(host))
        else {
            reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
            return Ok(());
        };
        let (handle, flow) = (session.handle(), self.flow.clone());
        tokio::spawn(async move {
            match access.open(&ChannelRequest::Port { port }).await {
                Ok(bridged) => {
                    reply.accept().await;
                    // Nothing is said on a port but what passes.
                    let (_sender, controls) = mpsc::channel(1);
                    bridged.relay(channel, controls, &handle, &flow).await;
                }
                Err(_) => reply.reject(ChannelOpenFailure::ConnectFailed).await,
            }
        });
        Ok(())
    }

    async fn channel_close(&mut self, id: ChannelId, _: &mut Session) -> Result<(), Self::Error> {
        self.channels.remove(&id);
        Ok(())
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        term: &str,
        columns: u32,
        rows: u32,
        width: u32,
        height: u32,
        _: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some(channel) = self.channels.get_mut(&id) else { return session.channel_failure(id) };
        channel.terminal = Some([columns, rows, width, height]);
        let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
        if term.len() <= 64 && term.bytes().all(is_fine) {
            channel.variables.insert("TERM".to_owned(), term.to_owned());
        }
        session.channel_success(id)
    }

    async fn env_request(
        &mut self,
        id: ChannelId,
        name: &str,
        value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some(channel) = self.channels.get_mut(&id) else { return session.channel_failure(id) };
        let fits = value.len() <= MAX_VALUE_LENGTH && !value.contains('\0');
        if !may_set(name) || !fits || channel.variables.len() >= MAX_VARIABLES {
            return session.channel_failure(id);
        }
        channel.variables.insert(name.to_owned(), value.to_owned());
        session.channel_success(id)
    }

    async fn shell_request(&mut self, id: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        let request = self
            .process_environment(id)
            .map(|(terminal, variables)| ChannelRequest::Shell { terminal, variables });
        self.start(id, session, request)
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let command = String::from_utf8(command.to_vec()).ok();
        let command = command.filter(|text| text.len() <= MAX_COMMAND_LENGTH && !text.contains('\0'));
        let request = self.process_environment(id).zip(command);
        let request = request.map(|((terminal, variables), command)| ChannelRequest::Command {
            command,
            terminal,
            variables,
        });
        self.start(id, session, request)
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let request = self.process_environment(id).filter(|_| name == "sftp");
        self.start(id, session, request.map(|(_, variables)| ChannelRequest::Sftp { variables }))
    }

    async fn window_change_request(
        &mut self,
        id: ChannelId,
        columns: u32,
        rows: u32,
        width: u32,
        height: u32,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if let Some(channel) = self.channels.get(&id) {
            // A terminal that does not keep up misses a size, and gets the next.
            let _ = channel.controls.try_send(ProcessControl::Resize([columns, rows, width, height]));
        }
        Ok(())
    }

    async fn signal(&mut self, id: ChannelId, signal: Sig, _: &mut Session) -> Result<(), Self::Error> {
        if let Some(channel) = self.channels.get(&id) {
            let _ = channel.controls.try_send(ProcessControl::Signal(signal_name(&signal)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_locale_is_set_from_outside() {
        for (name, may) in [
            ("LANG", true),
            ("LC_ALL", true),
            ("LANGUAGE", false),
            ("LC_ALL=", false),
            ("LD_PRELOAD", false),
            ("PATH", false),
            ("", false),
        ] {
            assert_eq!(may_set(name), may, "{name}");
        }
    }

    #[test]
    fn only_the_loopback_is_forwarded_to() {
        assert!(is_loopback("localhost") && is_loopback("127.0.0.1") && is_loopback("::1"));
        assert!(!is_loopback("10.0.0.1") && !is_loopback("localhost.example.org") && !is_loopback("0.0.0.0"));
    }
}
