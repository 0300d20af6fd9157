//! The REST API, for people to read.

use std::fmt;
use std::sync::Arc;

use askama::Template;

use crate::frame::Frame;

/// A sentence of a description: what stands between backticks is code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(pub String);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, part) in self.0.split('`').enumerate() {
            let part = askama::filters::escape(part, askama::filters::Html).map_err(|_| fmt::Error)?;
            if n % 2 == 1 { write!(f, "<code>{part}</code>")? } else { write!(f, "{part}")? }
        }
        Ok(())
    }
}

// Everything but our own element is escaped above.
impl askama::filters::HtmlSafe for Words {}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A field of what is sent or answered, or a parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiField {
    /// Fields of fields as `a.b`, of a list's items as `a[].b`.
    pub name: String,
    /// Such as `text` or `list of numbers`.
    pub kind: String,
    pub required: bool,
    /// May be empty.
    pub about: Words,
}

/// Parameters that stand in one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiParameters {
    /// `path`, `query` or `header`.
    pub place: String,
    pub fields: Vec<ApiField>,
}

/// What may come back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiAnswer {
    /// A number, or `4XX` for all of a kind.
    pub status: String,
    pub about: Words,
    /// Such as `application/json`; empty where there is no body.
    pub content: String,
    /// What it is as a whole, such as `list`; may be empty.
    pub kind: String,
    pub fields: Vec<ApiField>,
}

/// One call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiCall {
    /// Its name, which is its anchor too.
    pub id: String,
    pub method: String,
    pub path: String,
    pub summary: Words,
    /// May be empty.
    pub about: Words,
    pub parameters: Vec<ApiParameters>,
    /// The fields of the JSON object that it takes.
    pub body: Vec<ApiField>,
    pub answers: Vec<ApiAnswer>,
    /// A command that makes it.
    pub curl: String,
}

/// Calls on one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiSection {
    pub title: String,
    pub calls: Vec<ApiCall>,
}

impl ApiSection {
    /// The section's anchor.
    #[must_use]
    pub fn id(&self) -> String {
        format!("section-{}", self.title.replace(' ', "-"))
    }

    /// The title as a heading has it.
    #[must_use]
    pub fn heading(&self) -> String {
        let mut letters = self.title.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }
}

/// `GET /api/docs`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "api_docs.html")]
pub struct ApiDocsPage {
    pub frame: Frame,
    /// How the installation is reached, without a slash at the end.
    pub url: String,
    /// Made once; it is the same for everybody.
    pub sections: Arc<Vec<ApiSection>>,
}

impl ApiDocsPage {
    /// What a terminal needs before the examples.
    #[must_use]
    pub fn setup(&self) -> String {
        format!("export PORTICO_URL={}\nexport PORTICO_TOKEN=ptk_…", self.url)
    }

    #[must_use]
    pub fn openapi_url(&self) -> String {
        paths::api::OpenApi.link()
    }

    #[must_use]
    pub fn tokens_url(&self) -> String {
        paths::ProfileTokens.link()
    }
}
