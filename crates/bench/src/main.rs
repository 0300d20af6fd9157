//! `cargo xtask bench`: what Portico reaches on this machine, beside what the machine itself allows.
//! `cargo xtask simulate`: the scheduler over a synthetic trace in virtual time.

mod client;
mod fill;
mod limits;
mod measure;
mod server;
mod simulate;

use std::io::Write as _;
use std::time::Duration;

/// A row of the table.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) measured: String,
    pub(crate) target: &'static str,
    pub(crate) limit: String,
}

pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// The value below which this share of the times lies, in milliseconds.
pub(crate) fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    let index = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1;
    times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("simulate") => simulate::run(),
        Some("run") | None => runtime.block_on(table(&[Part::Empty, Part::Full, Part::Decisions])),
        Some("empty") => runtime.block_on(table(&[Part::Empty])),
        Some("submits") => runtime.block_on(table(&[Part::Submits])),
        Some("pages") => runtime.block_on(table(&[Part::Full])),
        Some(other) => {
            anyhow::bail!("There is no benchmark “{other}”. Choose run, empty, submits, pages or simulate.")
        }
    }
}

/// What can be measured by itself.
#[derive(Clone, Copy)]
enum Part {
    Empty,
    Submits,
    Full,
    Decisions,
}

async fn table(parts: &[Part]) -> anyhow::Result<()> {
    let limits = limits::measure().await?;
    let mut rows = Vec::new();
    for part in parts {
        match part {
            Part::Empty => measure::empty(&limits, &mut rows).await?,
            Part::Submits => measure::submits(&limits, &mut rows).await?,
            Part::Full => measure::full(&mut rows).await?,
            Part::Decisions => rows.push(simulate::decisions()),
        }
    }
    say("| what | measured | to reach | this machine's limit |\n|-|-|-|-|");
    for row in rows {
        say(&format!("| {} | {} | {} | {} |", row.what, row.measured, row.target, row.limit));
    }
    Ok(())
}
