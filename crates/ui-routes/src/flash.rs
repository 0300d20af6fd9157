//! What a page says once after a form: the redirect names it in `?done=…`, the text lives here.

use serde::Deserialize;
use ui_pages::components::Tone;
use ui_pages::frame::Flash;

/// The part of a query that names it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Done {
    pub(crate) done: Option<String>,
}

impl Done {
    pub(crate) fn flash(&self) -> Option<Flash> {
        let text = match self.done.as_deref()? {
            "cancelling" => "The job is being cancelled.",
            "cancelled" => "The job is cancelled.",
            "profile" => "Your profile is saved.",
            "password" => "Your password is changed. Your other sessions have ended.",
            "session" => "The session has ended.",
            "sessions" => "Your other sessions have ended.",
            "ssh-key" => "The key is added. Your notebooks’ pages say how to connect.",
            "ssh-key-removed" => "The key is removed. What it opened has ended.",
            "access-key" => "The access key is revoked.",
            "vault" => "The vault is saved. Clients get it when they start next.",
            "vault-enabled" => "The vault is enabled.",
            "vault-disabled" => "The vault is disabled. No client gets it.",
            "token" => "The token is revoked.",
            "settings" => "The settings are saved.",
            "created" => "It is created.",
            "saved" => "The changes are saved.",
            "deleted" => "It is deleted.",
            "member" => "The membership is saved.",
            "removed" => "The member is removed.",
            "user-password" => "The password is set. The user's sessions have ended.",
            "build" => "The build is queued.",
            "build-cancelled" => "The build is cancelled.",
            "deprecated" => "The image is deprecated.",
            "restored" => "The image is offered again.",
            _ => return None,
        };
        Some(Flash { tone: Tone::Good, text: text.to_owned() })
    }
}
