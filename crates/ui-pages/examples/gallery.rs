//! Writes every page in every state with all assets into a folder: `cargo run -p ui-pages --example gallery -- FOLDER`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use ui_pages::{assets, gallery};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name a folder to write to")?);
    let pages = gallery::gallery_pages()?;
    for (path, html) in &pages {
        let file = folder.join(format!("{path}.html"));
        fs::create_dir_all(file.parent().unwrap_or(&folder))?;
        fs::write(file, html)?;
    }
    let links: Vec<_> = pages.into_iter().map(|(path, _)| (format!("{path}.html"), String::new())).collect();
    fs::write(folder.join("index.html"), gallery::gallery_index(&links, "."))?;
    for path in assets::paths() {
        let Some(asset) = assets::asset(&path) else { continue };
        let file = folder.join(assets::url(&path).trim_start_matches('/'));
        fs::create_dir_all(file.parent().unwrap_or(&folder))?;
        fs::write(file, asset.bytes)?;
    }
    Ok(())
}
