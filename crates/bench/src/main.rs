//! `cargo xtask bench`: what Portico reaches on this machine, beside what the machine itself allows.
//! `cargo xtask simulate`: the scheduler over a synthetic trace in virtual time.

mod churn;
mod client;
mod fill;
mod limits;
mod measure;
mod notebooks;
mod processes;
mod proxy;
mod server;
mod simulate;

use std::io::Write as _;
use std::time::Duration;

use anyhow::Context as _;

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
        Some("churn") => {
            let minutes = match &arguments[1..] {
                [] => 60,
                [flag, minutes] if flag == "--minutes" => {
                    minutes.parse().context("--minutes takes a number")?
                }
                _ => anyhow::bail!("usage: churn [--minutes N]"),
            };
            runtime.block_on(churn::run(minutes))
        }
        Some("notebooks") => match &arguments[1..] {
            [] => runtime.block_on(notebooks::starts()),
            [flag, count] if flag == "--idle" => {
                runtime.block_on(notebooks::idle(count.parse().context("--idle takes a number")?))
            }
            _ => anyhow::bail!("usage: notebooks [--idle N]"),
        },
        Some("submits") => runtime.block_on(table(&[Part::Submits])),
        Some("pages") => runtime.block_on(table(&[Part::Full])),
        Some(name @ ("proxy-server" | "proxy-sockets")) => {
            runtime.block_on(proxy::run(name, arguments.get(1..).unwrap_or_default()))
        }
        Some(other) => {
            anyhow::bail!(
                "There is no benchmark “{other}”. Choose run, empty, submits, pages, notebooks, churn or simulate."
            )
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
