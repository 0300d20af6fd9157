//! Tokens that stand for an access key for some hours: JSON web tokens (RFC 7519), because ClearML's clients read what
//! they say. Nothing in one is believed but the name of its access key, which is looked up at each use, so that a token
//! ends with its key.

use base::seal::Purpose;
use base::{Error, OpContext, Result, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::KeyHolder;
use crate::Accounts;

/// The longest token that is looked at.
const MAX_LENGTH: usize = 4096;

#[derive(Deserialize)]
struct Header {
    kid: String,
}

/// The claims that are ours; clients read others.
#[derive(Deserialize)]
struct Claims {
    /// When it ends, in seconds since 1970.
    exp: i64,
    /// The public half of the pair.
    access_key: String,
}

impl Accounts {
    /// A token for whoever signed in with this key, until `expires_at` (seconds since 1970), that says `claims` too.
    pub fn client_token(
        &self,
        holder: &str,
        expires_at: i64,
        mut claims: Map<String, Value>,
    ) -> Result<Secret> {
        claims.insert("exp".to_owned(), expires_at.into());
        claims.insert("access_key".to_owned(), holder.into());
        // The ring names its key in what it signs; the header has to name it first.
        self.keys.check()?;
        let key = self.keys.ids().next().unwrap_or_default();
        let header = json!({ "alg": "HS256", "typ": "JWT", "kid": key });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(&Value::Object(claims)));
        let signed = self.keys.hash(Purpose::ClientTokens, &text)?;
        let (_, signature) = signed.split_once('.').ok_or_else(|| Error::internal("sign a token"))?;
        Ok(Secret::new(format!("{text}.{signature}")))
    }

    /// The person of a token, while its access key is good.
    pub async fn authenticate_client_token(&self, ctx: &OpContext, token: &str) -> Result<KeyHolder> {
        let claims = self.claims(token)?.filter(|claims| claims.exp > ctx.now().micros() / 1_000_000);
        let claims = claims.ok_or_else(refused)?;
        self.holder_of_access_key(ctx, &claims.access_key).await
    }

    /// What a token of ours says; `None` for any other.
    fn claims(&self, token: &str) -> Result<Option<Claims>> {
        if token.len() > MAX_LENGTH {
            return Ok(None);
        }
        let Some((text, signature)) = token.rsplit_once('.') else { return Ok(None) };
        let Some((header, claims)) = text.split_once('.') else { return Ok(None) };
        let read = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header = read(header).and_then(|bytes| serde_json::from_slice::<Header>(&bytes).ok());
        let Some(header) = header else { return Ok(None) };
        self.keys.check()?;
        if self.keys.ids().all(|id| id != header.kid) {
            return Ok(None);
        }
        if !self.keys.matches(Purpose::ClientTokens, text, &format!("{}.{signature}", header.kid))? {
            return Ok(None);
        }
        Ok(read(claims).and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }
}

fn refused() -> Error {
    Error::unauthenticated("This token is over, or it is none of ours.")
        .with_code("bad_client_token")
        .with_hint("Sign in with the access key again.")
}
