//! Structured logs on standard error.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::Config;

/// What says nothing that people need, unless it is asked for by name.
const QUIET: &str = "sea_orm_migration=warn,sqlx::postgres::notice=warn";

pub(crate) fn start(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.log_filter)).map_err(|error| {
        anyhow::anyhow!(
            "log_level: “{}” is not understood: {error}. Write it as info or info,controller=debug.",
            config.log_filter
        )
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE);
    if config.log_json {
        builder.json().flatten_event(true).init();
    } else {
        use std::io::IsTerminal as _;
        builder.with_ansi(std::io::stderr().is_terminal()).init();
    }
    Ok(())
}
