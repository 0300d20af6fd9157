//! Styles, scripts, fonts and icons, under URLs that change when any of them does.

use std::borrow::Cow;
use std::sync::LazyLock;

use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Files;

/// The parts of `portico.css`; later layers win, so the order inside a layer is all that counts.
const STYLES: &[&str] = &[
    "layers",
    "reset",
    "tokens",
    "base",
    "layout",
    "top",
    "menu",
    "popover",
    "dialog",
    "palette",
    "button",
    "badge",
    "card",
    "table",
    "filters",
    "form",
    "pick",
    "image",
    "facts",
    "tabs",
    "steps",
    "quota",
    "note",
    "toast",
    "empty",
    "code",
    "log",
    "tiles",
    "notebook",
    "api",
    "bell",
    "bare",
    "utilities",
];

const STYLESHEET: &str = "portico.css";

/// One file to be served.
#[derive(Clone, Debug)]
pub struct Asset {
    pub bytes: Cow<'static, [u8]>,
    pub mime: &'static str,
    /// With its quotes, ready for the header.
    pub etag: String,
}

struct Known {
    /// Twelve hex digits over all files.
    version: String,
    stylesheet: Vec<u8>,
}

// One version for all files: modules and styles may then name each other by relative paths.
static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let stylesheet = stylesheet();
    let mut hash = Sha256::new();
    let mut names: Vec<_> = Files::iter().collect();
    names.sort();
    for name in names {
        if let Some(file) = Files::get(&name) {
            hash.update(name.as_bytes());
            hash.update(file.metadata.sha256_hash());
        }
    }
    hash.update(&stylesheet);
    Known { version: hex(&hash.finalize()[..6]), stylesheet }
});

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn stylesheet() -> Vec<u8> {
    let mut css = Vec::new();
    for part in STYLES {
        if let Some(file) = Files::get(&format!("css/{part}.css")) {
            css.extend_from_slice(&file.data);
        }
    }
    css
}

fn mime(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The file with this path beneath `/assets/<version>/`, such as `portico.css` or `js/main.js`.
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    if path == STYLESHEET {
        let bytes = Cow::Borrowed(KNOWN.stylesheet.as_slice());
        let etag = format!("\"{}\"", hex(&Sha256::digest(&bytes)[..12]));
        return Some(Asset { bytes, mime: mime(path), etag });
    }
    // The parts of the stylesheet are not pages of their own.
    if path.starts_with("css/") {
        return None;
    }
    let EmbeddedFile { data, metadata } = Files::get(path)?;
    Some(Asset { bytes: data, mime: mime(path), etag: format!("\"{}\"", hex(&metadata.sha256_hash()[..12])) })
}

/// The immutable URL of an asset: `/assets/<version>/<path>`.
#[must_use]
pub fn url(path: &str) -> String {
    format!("/assets/{}/{path}", KNOWN.version)
}

/// The version in asset URLs; any other one in a request may be answered, but not cached for ever.
#[must_use]
pub fn version() -> &'static str {
    &KNOWN.version
}

/// The paths of all assets that can be asked for.
#[must_use]
pub fn paths() -> Vec<String> {
    let mut all: Vec<String> =
        Files::iter().map(Cow::into_owned).filter(|path| !path.starts_with("css/")).collect();
    all.push(STYLESHEET.into());
    all.sort();
    all
}
