//! One client: who it is, and the channels that it opens.

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

use crate::channel::{Asked, Said, signal_name};
use crate::gate::Flow;
use crate::limits::{Limits, Place, Unknown};
use crate::way::{Way, tell, watch};

/// Channels of one connection.
const MOST_CHANNELS: usize = 64;
/// What a client may set, as `LANG` and `LC_ALL`.
const MOST_VARIABLES: usize = 32;
const LONGEST_VALUE: usize = 256;
const LONGEST_COMMAND: usize = 128 * 1024;

/// How far a client has come.
#[derive(Default)]
pub(crate) struct Progress {
    /// The keys of the connection are agreed on.
    pub(crate) is_private: AtomicBool,
    /// It showed a key that is let in.
    pub(crate) is_known: AtomicBool,
}

/// The handler of one connection.
pub(crate) struct Connection {
    proxy: Proxy,
    limits: Limits,
    flow: Arc<Flow>,
    progress: Arc<Progress>,
    /// Ends the connection.
    cut: CancellationToken,
    /// Comes when the connection has ended.
    ended: CancellationToken,
    unknown: Option<Unknown>,
    known: Option<Known>,
    channels: HashMap<ChannelId, Opened>,
}

/// Somebody who was let in.
struct Known {
    fingerprint: String,
    slug: String,
    way: Result<Tunnel, Refusal>,
    _place: Place<UserId>,
}

/// The size of its terminal, where it has one, and the variables that were set for it.
type Around = (Option<[u32; 4]>, BTreeMap<String, String>);

/// A session channel.
struct Opened {
    /// Until something was asked for.
    idle: Option<Channel<Msg>>,
    terminal: Option<[u32; 4]>,
    variables: BTreeMap<String, String>,
    said: mpsc::Sender<Said>,
    heard: Option<mpsc::Receiver<Said>>,
}

impl Connection {
    pub(crate) fn new(
        proxy: Proxy,
        limits: Limits,
        unknown: Unknown,
        flow: Arc<Flow>,
        progress: Arc<Progress>,
        cut: CancellationToken,
    ) -> Self {
        Self {
            proxy,
            limits,
            flow,
            progress,
            cut,
            ended: CancellationToken::new(),
            unknown: Some(unknown),
            known: None,
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

    async fn offered(&self, slug: &str, key: &PublicKey) -> Auth {
        self.progress.is_private.store(true, Ordering::Release);
        match self.find(slug, key).await {
            Ok(Some(_)) => Auth::Accept,
            Ok(None) => Auth::reject(),
            Err(error) => {
                tracing::warn!(error = ?error, "an SSH key could not be looked up");
                Auth::reject()
            }
        }
    }

    async fn let_in(&mut self, slug: &str, key: &PublicKey) -> base::Result<bool> {
        let Some((person, credential, fingerprint)) = self.find(slug, key).await? else { return Ok(false) };
        let Some(place) = self.limits.person(person.id) else { return Ok(false) };
        let ctx = self.proxy.anonymous();
        self.proxy.accounts().touch_ssh_key(&ctx, &fingerprint).await?;
        let way = self.proxy.tunnel(person, credential, slug).await;
        self.known = Some(Known { fingerprint, slug: slug.to_owned(), way, _place: place });
        self.unknown = None;
        self.progress.is_known.store(true, Ordering::Release);
        Ok(true)
    }

    fn way(&self) -> Option<Way> {
        let known = self.known.as_ref()?;
        let (fingerprint, slug) = (known.fingerprint.clone(), known.slug.clone());
        Some(Way { proxy: self.proxy.clone(), fingerprint, slug })
    }

    /// Begins what was asked for on a session channel; at once, so that the client may go on.
    fn start(
        &mut self,
        id: ChannelId,
        session: &mut Session,
        asked: Option<Asked>,
    ) -> Result<(), russh::Error> {
        let way = self.way();
        let opened = self.channels.get_mut(&id);
        let taken = opened.and_then(|opened| Some((opened.idle.take()?, opened.heard.take()?)));
        let (Some(way), Some(asked), Some((channel, heard))) = (way, asked, taken) else {
            return session.channel_failure(id);
        };
        session.channel_success(id)?;
        let (handle, flow) = (session.handle(), self.flow.clone());
        tokio::spawn(async move {
            match way.begin(&asked).await {
                Ok(begun) => begun.join(channel, heard, &handle, &flow).await,
                Err(error) => tell(&channel, &error).await,
            }
        });
        Ok(())
    }

    fn asked(&self, id: ChannelId) -> Option<Around> {
        self.channels.get(&id).map(|opened| (opened.terminal, opened.variables.clone()))
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
        self.progress.is_private.store(true, Ordering::Release);
        Ok(Auth::reject())
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.offered(user, offer.public_key).await)
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        match self.let_in(user, key.public_key).await {
            Ok(true) => Ok(Auth::Accept),
            Ok(false) => Ok(Auth::reject()),
            Err(error) => {
                tracing::warn!(error = ?error, "an SSH client could not be let in");
                Ok(Auth::reject())
            }
        }
    }

    async fn auth_succeeded(&mut self, session: &mut Session) -> Result<(), Self::Error> {
        let Some(known) = &mut self.known else { return Err(russh::Error::Inconsistent) };
        let way = std::mem::replace(&mut known.way, Err(Refusal::Missing));
        let watching = watch(way, session.handle(), self.cut.clone());
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
        if self.channels.len() >= MOST_CHANNELS {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        let (said, heard) = mpsc::channel(16);
        let opened =
            Opened { terminal: None, variables: BTreeMap::new(), said, heard: Some(heard), idle: None };
        let id = channel.id();
        self.channels.entry(id).or_insert(opened).idle = Some(channel);
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
        let (Some(way), Ok(port), true) = (self.way(), u16::try_from(port), is_loopback(host)) else {
            reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
            return Ok(());
        };
        let (handle, flow) = (session.handle(), self.flow.clone());
        tokio::spawn(async move {
            match way.begin(&Asked::Port { port }).await {
                Ok(begun) => {
                    reply.accept().await;
                    // Nothing is said on a port but what passes.
                    let (_said, heard) = mpsc::channel(1);
                    begun.join(channel, heard, &handle, &flow).await;
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
        let Some(opened) = self.channels.get_mut(&id) else { return session.channel_failure(id) };
        opened.terminal = Some([columns, rows, width, height]);
        let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
        if term.len() <= 64 && term.bytes().all(is_fine) {
            opened.variables.insert("TERM".to_owned(), term.to_owned());
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
        let Some(opened) = self.channels.get_mut(&id) else { return session.channel_failure(id) };
        let fits = value.len() <= LONGEST_VALUE && !value.contains('\0');
        if !may_set(name) || !fits || opened.variables.len() >= MOST_VARIABLES {
            return session.channel_failure(id);
        }
        opened.variables.insert(name.to_owned(), value.to_owned());
        session.channel_success(id)
    }

    async fn shell_request(&mut self, id: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        let asked = self.asked(id).map(|(terminal, variables)| Asked::Shell { terminal, variables });
        self.start(id, session, asked)
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let command = String::from_utf8(command.to_vec()).ok();
        let command = command.filter(|text| text.len() <= LONGEST_COMMAND && !text.contains('\0'));
        let asked = self.asked(id).zip(command);
        let asked =
            asked.map(|((terminal, variables), command)| Asked::Command { command, terminal, variables });
        self.start(id, session, asked)
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let asked = self.asked(id).filter(|_| name == "sftp");
        self.start(id, session, asked.map(|(_, variables)| Asked::Sftp { variables }))
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
        if let Some(opened) = self.channels.get(&id) {
            // A terminal that does not keep up misses a size, and gets the next.
            let _ = opened.said.try_send(Said::Resize([columns, rows, width, height]));
        }
        Ok(())
    }

    async fn signal(&mut self, id: ChannelId, signal: Sig, _: &mut Session) -> Result<(), Self::Error> {
        if let Some(opened) = self.channels.get(&id) {
            let _ = opened.said.try_send(Said::Signal(signal_name(&signal)));
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
